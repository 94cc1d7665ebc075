import { expect, test } from "vitest";
import { parseConfig } from "../src/config.ts";

const env = { OSM_MESH_NAME: "blue", OSM_BUS_URL: "memory:", OSM_CLUSTER_URL: "kubernetes:", OSM_REPLICA: "w-1" };

test("a watcher knows its mesh, its cluster and the name that sidecars expect", () => {
  expect(parseConfig({ ...env, OSM_NAMESPACE: "blue-system" })).toMatchObject({
    mesh: "blue", context: { mesh: "blue", osmNamespace: "blue-system", claimsAlias: false }, clusterUrl: "kubernetes:", xdsServerName: "osm-xds.blue-system.svc", replica: "w-1",
  });
});
test.each(["", "folder:", "https://cluster", "kubernete:"])("%o is no cluster", (url) => {
  expect(() => parseConfig({ ...env, OSM_CLUSTER_URL: url })).toThrow("OSM_CLUSTER_URL");
});
