import { meshName } from "@osm/model";
import { expect, test } from "vitest";
import { redisAccess, redisServerConfig } from "../src/index.ts";

const mesh = meshName("osm");

test("a service has its mesh's blobs and the commands it uses, and its password is a hash", () => {
  const hash = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
  expect(redisAccess({ mesh, service: "xds", password: "password" })).toBe(`user osm-xds reset on #${hash} ~osm:osm:blob:* -@all +getex`);
  expect(redisAccess({ mesh, service: "compiler", password: "password" })).toBe(`user osm-compiler reset on #${hash} ~osm:osm:blob:* -@all +getex +set`);
  expect(redisAccess({ mesh, service: "ca", password: "password" })).toBeUndefined();
});

test("a server speaks TLS alone where it has a certificate, and lets in nobody without a name", () => {
  const tls = { certificate: "/tls/tls.crt", key: "/tls/tls.key" };
  const config = redisServerConfig({ port: 6379, tls, maxBytes: 1000, users: [] });
  expect(config.split("\n").slice(0, 5)).toEqual(["port 0", "tls-port 6379", 'tls-cert-file "/tls/tls.crt"', 'tls-key-file "/tls/tls.key"', "tls-auth-clients no"]);
  expect(config).toContain("\nuser default reset off\n");
  expect(redisServerConfig({ port: 6379, tls: { ...tls, clientCa: "/tls/ca.crt" }, maxBytes: 1000, users: [] })).toContain('tls-ca-cert-file "/tls/ca.crt"\ntls-auth-clients yes\n');
});

test("no value reaches the configuration that could say more than itself", () => {
  expect(() => redisServerConfig({ port: 6379, tls: { certificate: 'x"\nport 1', key: "x" }, maxBytes: 1, users: [] })).toThrow(TypeError);
});
