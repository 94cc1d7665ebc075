import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { digestOf } from "@osm/model";
import { silentLog, type Log } from "@osm/runtime";
import { cuttableLine, eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, StoreUnavailable, type Store } from "../src/index.ts";
import { openRedisStore } from "../src/redis/redis-store.ts";
import { storeContract } from "./contract.ts";
import { startRedis, type RedisServer } from "./redis-server.ts";

const signal = new AbortController().signal;
const prefix = "osm:test:blob:";
const blob = new TextEncoder().encode("a");

needs("redis-server")("redis", () => {
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.port);
  });
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  storeContract("redis", async () => {
    await admin.flushall();
    const line = await cuttableLine(server.port);
    const ttlMs = 2000;
    const address = { host: "127.0.0.1", port: line.port, isEncrypted: false, credentials: undefined };
    const store = await openRedisStore({ address, prefix, ttlMs, signal, log: silentLog });
    return {
      store,
      ttlMs,
      // Redis lets no one turn its clock.
      pass: async (ms) => wait(ms),
      controls: {
        poison: async (digest, bytes) => void (await admin.set(`${prefix}${digest}`, Buffer.from(bytes))),
        flush: async () => void (await admin.flushall()),
        line: {
          disconnect: line.cut,
          reconnect: async () => {
            await line.mend();
            await eventually(() => store.get([]));
          },
        },
      },
      [Symbol.asyncDispose]: async () => {
        await store[Symbol.asyncDispose]();
        await line[Symbol.asyncDispose]();
      },
    };
  });

  const open = (log: Log = silentLog): Promise<Store> => openStore(`redis://127.0.0.1:${server.port}`, { prefix, signal, log });

  test("a bulk of thousands of blobs comes back in the order asked", async () => {
    await using store = await open();
    const blobs = Array.from({ length: 3000 }, (_, n) => new TextEncoder().encode(`blob ${n}`));
    const digests = await store.put(blobs);
    expect(await store.get(digests)).toEqual(blobs);
  });

  test("a blob put under another's digest reads as absent, and one that was evicted too", async () => {
    await using store = await open();
    const [digest] = await store.put([blob]);
    if (digest === undefined) throw new Error("no digest");
    await admin.set(`${prefix}${digest}`, "another");
    expect(await store.get([digest])).toEqual([undefined]);
    await admin.del(`${prefix}${digest}`);
    expect(await store.get([digest])).toEqual([undefined]);
  });

  test("what is not a blob at all fails the call, and the store goes on", async () => {
    await using store = await open();
    await admin.lpush(`${prefix}${digestOf(blob)}`, "x");
    await expect(store.get([digestOf(blob)])).rejects.toThrow(StoreUnavailable);
    await admin.del(`${prefix}${digestOf(blob)}`);
    expect(await store.get([digestOf(blob)])).toEqual([undefined]);
  });
});

needs("redis-server")("redis that fails", () => {
  test("a server that hangs is left within seconds, others calls fail at once meanwhile, and it is found again", async () => {
    await using server = await startRedis();
    await using store = await openStore(`redis://127.0.0.1:${server.port}`, { prefix, signal, log: silentLog });
    const digests = await store.put([blob]);
    await server.freeze();
    await expect(store.get(digests)).rejects.toThrow(StoreUnavailable);
    await expect(store.get(digests)).rejects.toThrow(StoreUnavailable);
    server.thaw();
    expect(await eventually(() => store.get(digests), { deadlineMs: 30_000 })).toEqual([blob]);
  });

  test("a server that was killed and comes back empty is an empty store", async () => {
    await using server = await startRedis();
    await using store = await openStore(`redis://127.0.0.1:${server.port}`, { prefix, signal, log: silentLog });
    const digests = await store.put([blob]);
    await server.kill();
    await expect(store.get(digests)).rejects.toThrow(StoreUnavailable);
    await server.start();
    expect(await eventually(() => store.get(digests))).toEqual([undefined]);
  });

  test("a server that is not there yet keeps nobody from starting", async () => {
    await using server = await startRedis();
    await server.kill();
    await using store = await openStore(`redis://127.0.0.1:${server.port}`, { prefix, signal, log: silentLog });
    await expect(store.put([blob])).rejects.toThrow(StoreUnavailable);
    await server.start();
    await eventually(() => store.put([blob]));
  });

  test("one that is full and may evict nothing refuses, and says why", async () => {
    await using server = await startRedis((_, port) => `port ${port}\nmaxmemory 3mb\nmaxmemory-policy noeviction\n`);
    await using store = await openStore(`redis://127.0.0.1:${server.port}`, { prefix, signal, log: silentLog });
    const large = Array.from({ length: 8 }, (_, n) => new Uint8Array(1_000_000).fill(n));
    await expect(store.put(large)).rejects.toThrow(/OOM/);
    // On a busy machine so large a write may take the line with it, which comes back.
    await eventually(async () => expect(await store.get([digestOf(new Uint8Array(1))])).toEqual([undefined]));
  });
});
