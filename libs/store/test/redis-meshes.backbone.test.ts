import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { digestOf, meshName, type MeshName } from "@osm/model";
import { silentLog, type Log, type LogFields } from "@osm/runtime";
import { loopbackCertificate, needs } from "@osm/testkit";
import { blobPrefix, rightsOf, services, type Service } from "@osm/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore, redisServerConfig, redisUser, StoreUnavailable, type Store } from "../src/index.ts";
import { startRedis, type RedisServer } from "./redis-server.ts";
import { tlsFront, type TlsFront } from "./tls-front.ts";

const osm = meshName("osm");
const other = meshName("osm2");
const signal = new AbortController().signal;
const blob = (text: string): Uint8Array => new TextEncoder().encode(text);
const passwordOf = (mesh: MeshName, service: Service): string => `password of ${service} in ${mesh}`;
const mebibyte = 2 ** 20;

needs("redis-server", "openssl")("two meshes on one Redis, over TLS", () => {
  let server: RedisServer;
  let front: TlsFront;
  beforeAll(async () => {
    server = await startRedis((_, port) => {
      const users = [osm, other].flatMap((mesh) => services.map((service) => ({ mesh, service, password: passwordOf(mesh, service) })));
      return redisServerConfig({ port, maxBytes: 12 * mebibyte, users });
    });
    front = await tlsFront(server.port, await loopbackCertificate(server.folder));
    for (const mesh of [osm, other]) for (const service of services) await writeSecret(server, mesh, service);
  });
  afterAll(async () => {
    await front[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const folderOf = (mesh: MeshName, service: Service): string => join(server.folder, redisUser(mesh, service));
  const open = (mesh: MeshName, service: Service, { prefix = blobPrefix(mesh), log = silentLog }: { readonly prefix?: string; readonly log?: Log } = {}): Promise<Store> =>
    openStore(`rediss://127.0.0.1:${front.port}?credentials=${folderOf(mesh, service)}`, { prefix, signal, log });
  const bare = (mesh: MeshName, service: Service): Redis =>
    new Redis({ port: front.port, tls: { rejectUnauthorized: false }, username: redisUser(mesh, service), password: passwordOf(mesh, service), enableReadyCheck: false, protocol: 2, disableClientInfo: true });

  describe.each(services)("%s", (service) => {
    const { blobs } = rightsOf(osm)[service];

    test("does what is its part and nothing else", async () => {
      await using compiler = await open(osm, "compiler");
      const digests = await compiler.put([blob("shared")]);
      await using store = await open(osm, service);
      if (blobs === "none") return await expect(store.get(digests)).rejects.toThrow(StoreUnavailable);
      expect(await store.get(digests)).toEqual([blob("shared")]);
      if (blobs === "writes") expect(await store.put([blob("x")])).toEqual([digestOf("x")]);
      else await expect(store.put([blob("x")])).rejects.toThrow(/NOPERM/);
    });

    test("has no way to another mesh's keys", async () => {
      await using theirs = await open(other, "compiler");
      const digests = await theirs.put([blob("theirs")]);
      await using store = await open(osm, service, { prefix: blobPrefix(other) });
      await expect(store.get(digests)).rejects.toThrow(StoreUnavailable);
      await expect(store.put([blob("forged")])).rejects.toThrow(StoreUnavailable);
      expect(await theirs.get(digests)).toEqual([blob("theirs")]);
    });

    test("when taken over, reaches nothing else of the server", async () => {
      if (blobs === "none") return;
      const client = bare(osm, service);
      const mine = `${blobPrefix(osm)}x`;
      const calls: readonly (readonly [string, ...string[]])[] = [
        ["KEYS", "*"], ["SCAN", "0"], ["FLUSHALL"], ["FLUSHDB"], ["CONFIG", "GET", "*"], ["ACL", "LIST"], ["ACL", "WHOAMI"], ["INFO"], ["DEL", mine], ["EVAL", "return 1", "0"],
        ["PUBLISH", "channel", "x"], ["SUBSCRIBE", "channel"], ["CLIENT", "LIST"], ["SELECT", "1"], ["GET", mine], ["RENAME", mine, "x"],
        ["GETEX", "osm:osm:secret"], ["GETEX", `${blobPrefix(other)}x`], ["GETEX", "anything"], ["SET", `${blobPrefix(other)}x`, "1"], ["MONITOR"], ["SHUTDOWN"],
      ];
      for (const [name, ...args] of calls) await expect(client.call(name, ...args), name).rejects.toThrow(/NOPERM/);
      client.disconnect();
    });
  });

  test("a wrong password is told in the log, without it, and the store goes on without the cache", async () => {
    const told: { readonly message: string; readonly fields: LogFields }[] = [];
    const write = (fields: LogFields, message: string) => void told.push({ message, fields });
    await writeFile(join(folderOf(osm, "xds"), "password"), "hunter2");
    await using store = await open(osm, "xds", { log: { debug: write, info: write, warn: write, error: write } });
    await expect(store.get([digestOf("a")])).rejects.toThrow(StoreUnavailable);
    const refusal = told.find(({ message }) => message === "store refuses our user, password or command");
    expect(String(refusal?.fields["err"])).toMatch(/WRONGPASS/);
    expect(told.map(({ fields }) => deepText(fields)).join()).not.toContain("hunter2");
    await writeFile(join(folderOf(osm, "xds"), "password"), passwordOf(osm, "xds"));
  });

  test("a certificate that it does not know keeps the store away, and is told", async () => {
    const folder = join(server.folder, "untrusting");
    await mkdir(folder);
    await Promise.all([writeFile(join(folder, "user"), redisUser(osm, "xds")), writeFile(join(folder, "password"), passwordOf(osm, "xds"))]);
    const told: string[] = [];
    const write = (fields: LogFields) => void told.push(deepText(fields));
    const log: Log = { debug: write, info: write, warn: write, error: write };
    await using store = await openStore(`rediss://127.0.0.1:${front.port}?credentials=${folder}`, { prefix: blobPrefix(osm), signal, log });
    await expect(store.get([digestOf("a")])).rejects.toThrow(StoreUnavailable);
    expect(told.join()).toMatch(/self.signed certificate/);
  });

  test("nobody gets in without a name", async () => {
    const stranger = new Redis({ port: front.port, tls: { rejectUnauthorized: false }, lazyConnect: true, enableReadyCheck: false, protocol: 2, disableClientInfo: true });
    stranger.on("error", () => undefined);
    await stranger.connect();
    await expect(stranger.getex("anything", "PERSIST")).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();
  });

  test("a mesh that needs all the room costs the other a miss, and what it puts again is there", async () => {
    await using mine = await open(osm, "compiler");
    await using theirs = await open(other, "compiler");
    const digests = await mine.put([blob("mine")]);
    for (let n = 0; n < 32; n += 1) await theirs.put([new Uint8Array(mebibyte).fill(n)]);
    expect(await mine.get(digests)).toEqual([undefined]);
    await mine.put([blob("mine")]);
    expect(await mine.get(digests)).toEqual([blob("mine")]);
  });
});

async function writeSecret(server: RedisServer, mesh: MeshName, service: Service): Promise<void> {
  const folder = join(server.folder, redisUser(mesh, service));
  await mkdir(folder);
  await Promise.all([
    writeFile(join(folder, "user"), redisUser(mesh, service)),
    writeFile(join(folder, "password"), `${passwordOf(mesh, service)}\n`),
    copyFile(join(server.folder, "server.crt"), join(folder, "ca.crt")),
  ]);
}

/** All that a logger could print of it, the fields of errors included. */
function deepText(fields: LogFields): string {
  return JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? [value.message, value.stack, value.cause, Object.entries(value)] : value));
}
