import { digestOf } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { manualClock } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { createMemoryStore, openStore } from "../src/index.ts";
import { storeContract } from "./contract.ts";

storeContract("memory", async () => {
  const clock = manualClock();
  const ttlMs = 10_000;
  const store = createMemoryStore({ clock, ttlMs });
  return {
    store,
    ttlMs,
    pass: async (ms) => clock.advance(ms),
    controls: {
      poison: async (digest, bytes) => store.poison(digest, bytes),
      flush: async () => store.flush(),
      line: { disconnect: async () => store.disconnect(), reconnect: async () => store.reconnect() },
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});

describe("memory: when room runs out", () => {
  const blob = (fill: number) => new Uint8Array(40).fill(fill);
  const kept = async (store: ReturnType<typeof createMemoryStore>): Promise<readonly boolean[]> =>
    (await store.get([1, 2, 3].map((fill) => digestOf(blob(fill))))).map((found) => found !== undefined);

  test("the least recently used goes first", async () => {
    const store = createMemoryStore({ maxBytes: 100 });
    const [first] = await store.put([blob(1), blob(2)]);
    if (first === undefined) throw new Error("no digest");
    await store.get([first]);
    await store.put([blob(3)]);
    expect(await kept(store)).toEqual([true, false, true]);
  });

  test("what is put again takes no more room, and what is larger than all of it is not kept", async () => {
    const store = createMemoryStore({ maxBytes: 100 });
    for (let n = 0; n < 5; n += 1) await store.put([blob(1), blob(2)]);
    expect(await kept(store)).toEqual([true, true, false]);
    const [large] = await store.put([new Uint8Array(101)]);
    if (large === undefined) throw new Error("no digest");
    expect(await store.get([large])).toEqual([undefined]);
    await store.put([blob(3)]);
    expect(await kept(store)).toEqual([false, true, true]);
  });
});

describe("openStore", () => {
  const lifetime = { prefix: "osm:test:blob:", signal: new AbortController().signal, log: silentLog };

  test("makes a store of one's own", async () => {
    await using one = await openStore("memory:", lifetime);
    await using two = await openStore("memory:", lifetime);
    const digests = await one.put([new Uint8Array(1)]);
    expect(await two.get(digests)).toEqual([undefined]);
  });

  test("says what it supports, and nothing of the URL's secrets", async () => {
    await expect(openStore("nats://user:hunter2@host", lifetime)).rejects.toThrow(/^no store behind "nats:"; supported are redis:, rediss: and memory:$/);
    await expect(openStore("memory:", { ...lifetime, signal: AbortSignal.abort(new Error("stopping")) })).rejects.toThrow("stopping");
  });
});
