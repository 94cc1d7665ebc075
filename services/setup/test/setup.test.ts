import { X509Certificate } from "node:crypto";
import { Sealed } from "@osm/model";
import { describe, expect, test } from "vitest";
import { parseConfig, setUp } from "@osm/setup";
import type { LogFields } from "@osm/runtime";
import { secretsInMemory, type SecretsInMemory } from "./secrets-in-memory.ts";

const env = { OSM_MESH_NAME: "osm", OSM_NAMESPACE: "osm-system" };
const start = 1_800_000_000;
const day = 86_400;

async function run(place: SecretsInMemory, { now = start, more = {} }: { readonly now?: number; readonly more?: Readonly<Record<string, string>> } = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  const say = (fields: LogFields, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  await setUp({ config: parseConfig({ ...env, ...more }), place, now, log: { debug: say, info: say, warn: say, error: say } });
  return lines;
}

describe("setup", () => {
  test("gives each service one Secret with what it uses, and nothing else", async () => {
    const place = secretsInMemory();
    await run(place);
    const keys = Object.fromEntries(place.names().map((name) => [name, Object.keys(place.held(name)).toSorted().join(" ")]));
    expect(keys).toEqual({
      "osm-ca": "bus.password bus.user ca.crt",
      "osm-ca-bundle": "ca.crt ca.key",
      "osm-cli": "bus.password bus.user ca.crt",
      "osm-compiler": "bus.password bus.user ca.crt store.password store.user",
      "osm-control-plane-ca": "ca.crt ca.key",
      "osm-injector": "ca.crt tls.crt tls.issuer tls.key",
      "osm-nats": "ca.crt nats.conf tls.crt tls.issuer tls.key",
      "osm-redis": "redis.conf tls.crt tls.issuer tls.key",
      "osm-watcher": "bus.password bus.user ca.crt",
      "osm-xds": "bus.password bus.user ca.crt store.password store.user tls.crt tls.issuer tls.key",
    });
  });

  test("only the servers of the bus may call with their certificate, each other by name", async () => {
    const place = secretsInMemory();
    await run(place);
    const [nats, redis, injector] = ["osm-nats", "osm-redis", "osm-injector"].map((name) => new X509Certificate(place.held(name)["tls.crt"] ?? ""));
    const [forServers, forClients] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
    expect(nats?.keyUsage).toEqual([forServers, forClients]);
    for (const at of [0, 1, 2]) expect(nats?.checkHost(`osm-nats-cluster-${at}.osm-nats-peers.osm-system.svc`)).toBeDefined();
    for (const other of [redis, injector]) expect(other?.keyUsage).toEqual([forServers]);
  });

  test("writes nothing when it runs again", async () => {
    const place = secretsInMemory();
    await run(place);
    place.writes.length = 0;
    await run(place, { now: start + day });
    expect(place.writes).toEqual([]);
  });

  test("the servers know the passwords that the services were given, and Redis only their hashes", async () => {
    const place = secretsInMemory();
    await run(place);
    const [nats, redis] = [place.held("osm-nats")["nats.conf"], place.held("osm-redis")["redis.conf"]];
    for (const service of ["watcher", "compiler", "ca", "xds"]) expect(nats).toContain(place.held(`osm-${service}`)["bus.password"]);
    expect(nats).not.toContain("osm-injector");
    for (const service of ["compiler", "xds"]) {
      expect(redis).toContain(`user osm-${service} `);
      expect(redis).not.toContain(place.held(`osm-${service}`)["store.password"]);
    }
  });

  test("no two passwords are the same", async () => {
    const place = secretsInMemory();
    await run(place);
    const passwords = place.names().flatMap((name) => Object.entries(place.held(name)).flatMap(([key, text]) => (key.endsWith(".password") ? [text] : [])));
    expect(new Set(passwords).size).toBe(passwords.length);
    expect(passwords.length).toBe(7);
  });

  test("sidecars know xDS by the mesh's root, and the control plane knows its servers by its own", async () => {
    const place = secretsInMemory();
    await run(place);
    const certificate = (secret: string, key: string) => new X509Certificate(place.held(secret)[key] ?? "");
    const [mesh, controlPlane] = [certificate("osm-ca-bundle", "ca.crt"), certificate("osm-control-plane-ca", "ca.crt")];
    expect(certificate("osm-xds", "tls.crt").verify(mesh.publicKey)).toBe(true);
    expect(certificate("osm-xds", "tls.crt").checkHost("osm-xds.osm-system.svc")).toBe("osm-xds.osm-system.svc");
    for (const server of ["osm-nats", "osm-redis", "osm-injector"]) {
      expect(certificate(server, "tls.crt").verify(controlPlane.publicKey)).toBe(true);
      expect(certificate(server, "tls.crt").checkHost(`${server}.osm-system.svc`)).toBe(`${server}.osm-system.svc`);
    }
    expect(place.held("osm-watcher")["ca.crt"]).toBe(place.held("osm-control-plane-ca")["ca.crt"]);
  });

  test("makes certificates anew at two thirds of their life, and touches nothing else", async () => {
    const place = secretsInMemory();
    await run(place);
    const before = place.held("osm-xds");
    place.writes.length = 0;
    await run(place, { now: start + 243 * day });
    expect(place.writes).toEqual([]);
    await run(place, { now: start + 244 * day });
    expect(place.writes.toSorted()).toEqual(["osm-injector", "osm-nats", "osm-redis", "osm-xds"]);
    expect(place.held("osm-xds")["tls.crt"]).not.toBe(before["tls.crt"]);
    expect(place.held("osm-xds")["bus.password"]).toBe(before["bus.password"]);
  });

  test("a root that is there is used as it is, and what it signed before is made anew", async () => {
    const [other, place] = [secretsInMemory(), secretsInMemory()];
    await run(other);
    await run(place);
    const root = other.held("osm-ca-bundle");
    place.put("osm-ca-bundle", { "ca.crt": new Sealed(root["ca.crt"] ?? ""), "ca.key": new Sealed(root["ca.key"] ?? "") });
    place.writes.length = 0;
    await run(place);
    expect(place.writes).toEqual(["osm-xds"]);
    expect(place.held("osm-ca-bundle")).toEqual(root);
  });

  test("a root that takes another's place stands beside it for one run, so that the webhooks trust both meanwhile", async () => {
    const place = secretsInMemory();
    await run(place);
    const former = place.held("osm-control-plane-ca")["ca.crt"] ?? "";
    place.remove("osm-control-plane-ca");
    await run(place);
    const [next, both] = [place.held("osm-control-plane-ca")["ca.crt"] ?? "", place.held("osm-injector")["ca.crt"] ?? ""];
    expect(next).not.toBe(former);
    expect(both.indexOf(next.trim())).toBe(0);
    expect(both).toContain(former.trim());
    expect(new X509Certificate(place.held("osm-injector")["tls.crt"] ?? "").verify(new X509Certificate(next).publicKey)).toBe(true);
    await run(place);
    expect(place.held("osm-injector")["ca.crt"]).toBe(next);
  });

  test("half a root is refused by the name of its Secret, and left alone", async () => {
    const place = secretsInMemory();
    place.put("osm-ca-bundle", { "ca.crt": new Sealed("-----BEGIN CERTIFICATE-----") });
    await expect(run(place)).rejects.toThrow("the Secret osm-ca-bundle holds half a root: it needs both ca.crt and ca.key");
    expect(place.writes).not.toContain("osm-ca-bundle");
  });

  test("where another run was first, it goes on with that one's root", async () => {
    const [other, place] = [secretsInMemory(), secretsInMemory()];
    await run(other);
    const root = other.held("osm-control-plane-ca");
    place.before = (name) => {
      if (name !== "osm-control-plane-ca" || place.names().includes(name)) return;
      place.put(name, { "ca.crt": new Sealed(root["ca.crt"] ?? ""), "ca.key": new Sealed(root["ca.key"] ?? "") });
    };
    await run(place);
    expect(place.held("osm-control-plane-ca")).toEqual(root);
    expect(place.held("osm-nats")["tls.issuer"]).toBe(other.held("osm-nats")["tls.issuer"]);
  });

  test("keys that a person has added stay", async () => {
    const place = secretsInMemory();
    place.put("osm-watcher", { note: new Sealed("mine") });
    await run(place);
    expect(place.held("osm-watcher")).toMatchObject({ note: "mine", "bus.user": "osm-watcher" });
  });

  test("makes no accounts for servers that are not ours", async () => {
    const place = secretsInMemory();
    place.put("osm-watcher", { "bus.user": new Sealed("theirs"), "bus.password": new Sealed("secret"), "ca.crt": new Sealed("theirs") });
    await run(place, { more: { OSM_NATS_BUNDLED: "false", OSM_REDIS_BUNDLED: "false" } });
    expect(place.held("osm-watcher")).toEqual({ "bus.user": "theirs", "bus.password": "secret", "ca.crt": "theirs" });
    expect(place.names()).not.toContain("osm-nats");
    expect(place.names()).not.toContain("osm-redis");
  });

  test("a root of somebody else's server stands beside our own where only one of the two servers is ours", async () => {
    const place = secretsInMemory();
    place.put("osm-xds", { "bus.user": new Sealed("theirs"), "bus.password": new Sealed("secret"), "ca.crt": new Sealed("their root\n") });
    for (const now of [start, start + day]) {
      await run(place, { now, more: { OSM_NATS_BUNDLED: "false" } });
      expect(place.held("osm-xds")).toMatchObject({ "bus.user": "theirs", "store.user": "osm-xds" });
      expect(place.held("osm-xds")["ca.crt"]).toBe(`${(place.held("osm-control-plane-ca")["ca.crt"] ?? "").trimEnd()}\ntheir root\n`);
    }
    await run(place);
    expect(place.held("osm-xds")["ca.crt"]).toBe(place.held("osm-control-plane-ca")["ca.crt"]);
  });

  test("a former root of our own does not stay beside somebody else's: its key may have got out", async () => {
    const place = secretsInMemory();
    const more = { OSM_REDIS_BUNDLED: "false" };
    await run(place, { more });
    const former = place.held("osm-control-plane-ca")["ca.crt"] ?? "";
    place.put("osm-xds", Object.fromEntries(Object.entries({ ...place.held("osm-xds"), "ca.crt": `${former}their root\n` }).map(([key, text]) => [key, new Sealed(text)])));
    place.remove("osm-control-plane-ca");
    await run(place, { more });
    expect(place.held("osm-xds")["ca.crt"]).toBe(`${(place.held("osm-control-plane-ca")["ca.crt"] ?? "").trimEnd()}\ntheir root\n`);
    expect(place.held("osm-watcher")["ca.crt"]).toBe(place.held("osm-control-plane-ca")["ca.crt"]);
  });

  test("says which Secrets it wrote, and nothing of what is in them", async () => {
    const place = secretsInMemory();
    const lines = (await run(place)).join("\n");
    expect(lines).toContain('"secret":"osm-xds"');
    for (const name of place.names()) {
      for (const [key, text] of Object.entries(place.held(name))) if (!key.endsWith(".user")) expect(lines).not.toContain(text.slice(0, 40));
    }
  });
});
