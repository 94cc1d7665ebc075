import { meshName } from "@osm/model";
import { services } from "@osm/wire";
import { expect, test } from "vitest";
import { natsPermissions, natsServerConfig } from "../src/index.ts";

const mesh = meshName("osm");
const settings = { listen: "0.0.0.0:4222", storeDir: "/data", maxDiskBytes: 1000 };

test("a mesh is an account with its own room and one stream; a service is a user with its own inbox", () => {
  const config = natsServerConfig({ ...settings, meshes: [{ mesh, maxDiskBytes: 500, users: [{ service: "ca", password: "$2a$11$hash" }] }] });
  expect(config).toContain('  "mesh-osm" {\n    jetstream { max_disk: 500, max_memory: 67108864, max_streams: 1 }\n');
  expect(config).toContain('{ user: "osm-ca", password: "$2a$11$hash", permissions: {');
  expect(config).toContain('subscribe: { allow: ["_INBOX_osm-ca.>", "mesh.osm.v1.call.ca.sign osm"] }');
  expect(config).toContain('allow_responses: { max: 1, expires: "1m" }');
});

test("a service that uses nothing may do nothing, where an empty list would mean everything", () => {
  const config = natsServerConfig({ ...settings, meshes: [{ mesh, maxDiskBytes: 500, users: [{ service: "injector", password: "x" }] }] });
  expect(config).toContain('publish: { deny: [">"] }');
});

test("only the watcher may make the stream, and none may take it away or read past its filters", () => {
  for (const service of services) {
    const { publish } = natsPermissions(mesh, service);
    expect(publish.filter((subject) => /STREAM\.(CREATE|UPDATE)/.test(subject))).toHaveLength(service === "watcher" ? 2 : 0);
    expect(publish.filter((subject) => /DELETE|PURGE|MSG\.GET|DIRECT|NAMES|LIST|^>$|API\.>/.test(subject))).toEqual([]);
  }
});

test.each(['pass"word', "pass\\word", "pass\nword"])("the password %j, which could say more than itself, is refused, and not repeated", (password) => {
  const writing = () => natsServerConfig({ ...settings, meshes: [{ mesh, maxDiskBytes: 500, users: [{ service: "ca", password }] }] });
  expect(writing).toThrow(TypeError);
  expect(writing).not.toThrow(password);
});

test("TLS asks clients for certificates where it has a root for them", () => {
  const tls = { certificate: "/tls/tls.crt", key: "/tls/tls.key" };
  expect(natsServerConfig({ ...settings, tls, meshes: [] })).not.toContain("verify");
  expect(natsServerConfig({ ...settings, tls: { ...tls, clientCa: "/tls/ca.crt" }, meshes: [] })).toContain('ca_file: "/tls/ca.crt"\n  verify: true');
});
