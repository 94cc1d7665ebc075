import { ConfigError } from "@osm/runtime";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../src/config.ts";

const least = { OSM_MESH_NAME: "osm", OSM_BUS_URL: "nats://bus:4222", OSM_CA_ROOT_DIR: "/etc/osm/root" };

describe("the environment", () => {
  test("needs little", () => {
    expect(parseConfig(least)).toEqual({
      mesh: "osm",
      trustDomain: "cluster.local",
      validitySec: 86_400,
      busUrl: "nats://bus:4222",
      healthPort: 9091,
      rootFolder: "/etc/osm/root",
      createRoot: false,
      rate: { perSecond: 500, burst: 2000 },
    });
  });
  test.each([
    ["24h", 86_400],
    ["1h30m", 5400],
    ["10s", 10],
    ["720h", 2_592_000],
  ])("says a validity of %s", (text, seconds) => {
    expect(parseConfig({ ...least, OSM_SERVICE_CERT_VALIDITY: text }).validitySec).toBe(seconds);
  });
  test.each([
    ["OSM_SERVICE_CERT_VALIDITY", "0s"],
    ["OSM_SERVICE_CERT_VALIDITY", "24"],
    ["OSM_SERVICE_CERT_VALIDITY", "1.5h"],
    ["OSM_SERVICE_CERT_VALIDITY", "-1h"],
    ["OSM_MESH_NAME", "Not.A.Mesh"],
    ["OSM_TRUST_DOMAIN", "cluster.local/ns"],
    ["OSM_HEALTH_PORT", "70000"],
    ["OSM_CA_CREATE_ROOT", "yes"],
    ["OSM_CA_REPLICA_RATE", "0"],
    ["OSM_CA_REPLICA_BURST", "many"],
    ["OSM_BUS_URL", undefined],
    ["OSM_CA_ROOT_DIR", ""],
  ])("cannot say %s=%s", (name, value) => {
    const parse = () => parseConfig({ ...least, [name]: value });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(name);
  });
});
