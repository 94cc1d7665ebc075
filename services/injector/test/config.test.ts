import { parseConfig } from "@osm/injector";
import { expect, test } from "vitest";

const given = { OSM_INJECTOR_TLS_DIR: "/tls", OSM_CLUSTER_URL: "kubernetes:", OSM_MESH_NAME: "osm", OSM_ENVOY_IMAGE: "envoy", OSM_INIT_IMAGE: "init" };
const familyOf = (env: Readonly<Record<string, string>>) => {
  const { source } = parseConfig({ ...given, ...env });
  return source.kind === "cluster" ? source.installed.ipFamily : undefined;
};

test.each([
  ["IPv4 where nothing is said", {}, "ipv4"],
  ["that of the API server's address", { KUBERNETES_SERVICE_HOST: "fd00:10:96::1" }, "ipv6"],
  ["that of the API server's address, by IPv4", { KUBERNETES_SERVICE_HOST: "10.96.0.1" }, "ipv4"],
  ["what is said", { KUBERNETES_SERVICE_HOST: "fd00:10:96::1", OSM_IP_FAMILY: "ipv4" }, "ipv4"],
])("the main family of pods is %s", (_what, env, family) => {
  expect(familyOf(env)).toBe(family);
});
