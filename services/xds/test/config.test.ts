import { ConfigError } from "@osm/runtime";
import { expect, test } from "vitest";
import { parseConfig } from "../src/config.ts";

const least = {
  OSM_MESH_NAME: "osm", OSM_REPLICA: "xds-0", OSM_BUS_URL: "nats://bus:4222", OSM_STORE_URL: "redis://store:6379", OSM_XDS_TLS_DIR: "/etc/osm/tls",
  OSM_TOKEN_ISSUERS: "https://one,https://two", OSM_TOKEN_KEYS: "/etc/osm/jwks.json",
};
const api = { kind: "cluster", host: "10.96.0.1", port: "443" };

test("tokens are judged by a file of keys, or by the API of the pod's own cluster in the name of the pod's account or of another", () => {
  const keysOf = (text: string) => parseConfig({ ...least, KUBERNETES_SERVICE_HOST: "10.96.0.1", OSM_TOKEN_KEYS: text }).tokenKeys;
  expect(keysOf("/etc/osm/jwks.json")).toEqual({ kind: "file", path: "/etc/osm/jwks.json" });
  expect(keysOf("kubernetes:")).toEqual({ ...api, accountDir: "/var/run/secrets/kubernetes.io/serviceaccount" });
  expect(keysOf("kubernetes:/etc/osm/account")).toEqual({ ...api, accountDir: "/etc/osm/account" });
});

test("several issuers may be trusted, and none is a mistake that is named", () => {
  expect(parseConfig(least).issuers).toEqual(["https://one", "https://two"]);
  expect(() => parseConfig({ ...least, OSM_TOKEN_ISSUERS: "" })).toThrow(ConfigError);
  expect(() => parseConfig({ ...least, OSM_TOKEN_ISSUERS: "" })).toThrow("OSM_TOKEN_ISSUERS (missing)");
});
