import { meshName } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { manualClock } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { createMemoryBus, openBus, type MemoryBus, type MemoryBusOptions } from "../src/index.ts";
import { busContract } from "./contract.ts";
import { convergence } from "./convergence.ts";
import { bytesOf, openReader, shown } from "./reader.ts";

const root = "mesh.test.v1.view";
const a = `${root}.a`;
const b = `${root}.b`;
const all = `${root}.*`;

busContract("memory", async (options) => {
  const clock = manualClock();
  const bus = createMemoryBus({ ...options, clock });
  const connections: MemoryBus[] = [bus];
  return {
    bus,
    connect: async () => {
      const next = bus.connect();
      connections.push(next);
      return next;
    },
    pass: (ms) => clock.advance(ms),
    controls: {
      line: { disconnect: async () => bus.disconnect(), reconnect: async () => bus.reconnect() },
      loseDisk: async () => bus.loseDisk(),
    },
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) await connection[Symbol.asyncDispose]();
    },
  };
});

function timed(options: MemoryBusOptions = {}) {
  const clock = manualClock();
  return { clock, bus: createMemoryBus({ clock, tombstoneTtlMs: 60_000, heartbeatMs: 100, ...options }) };
}

/** All that can be read without waiting. */
async function readAll(bus: MemoryBus, reader: { next(): ReturnType<ReturnType<typeof openReader>["next"]> }): Promise<readonly string[]> {
  await bus.publish(`${root}.mark`, bytesOf("x"));
  const seen: string[] = [];
  while (seen.at(-1) !== "mark=x") seen.push(shown(await reader.next()));
  return seen.slice(0, -1);
}

describe("memory: a slow reader", () => {
  test("has one slot a subject and is given the newest in the order of the numbers", async () => {
    const { bus } = timed();
    await using reader = openReader(bus, all);
    await reader.until("current");
    for (let n = 0; n < 1000; n += 1) await bus.publish(n % 2 === 0 ? a : b, bytesOf(String(n)));
    await bus.publish(a, bytesOf("last"));
    expect(await readAll(bus, reader)).toEqual(["b=999", "a=last"]);
  });

  test("does not believe in absence before each subject that stood was told, even when all were written again", async () => {
    const { bus } = timed();
    for (const subject of [a, b]) await bus.publish(subject, bytesOf("1"));
    await using reader = openReader(bus, all);
    expect(shown(await reader.next())).toBe("a=1");
    await bus.publish(`${root}.new`, bytesOf("1"));
    const seq = await bus.publish(b, bytesOf("2"));
    const rest = [await reader.next(), await reader.next(), await reader.next()];
    expect(rest.map(shown)).toEqual(["new=1", "b=2", "current"]);
    expect(rest[2]).toEqual({ kind: "current", seq });
  });
});

describe("memory: tombstones", () => {
  test("are forgotten in the end: late readers see nothing, and a writer may expect nothing", async () => {
    const { bus, clock } = timed();
    await bus.publish(a, bytesOf("1"), { ttlMs: 1500 });
    clock.advance(1999);
    expect((await bus.last(a))?.bytes).toEqual(bytesOf("1"));
    clock.advance(1);
    expect(await bus.last(a)).toMatchObject({ bytes: undefined });
    clock.advance(59_999);
    expect(await bus.last(a)).toMatchObject({ bytes: undefined });
    clock.advance(1);
    expect(await bus.last(a)).toBeUndefined();
    await using late = openReader(bus, all);
    expect(await late.next()).toEqual({ kind: "current", seq: 2 });
    await bus.publish(a, bytesOf("2"), { expectedSeq: 0 });
  });

  test("that were forgotten while a reader was away are made good by telling it everything anew", async () => {
    const { bus, clock } = timed();
    const writer = bus.connect();
    for (const subject of [a, b]) await writer.publish(subject, bytesOf("1"));
    await using reader = openReader(bus, all);
    await reader.until("current");
    bus.disconnect();
    await writer.publish(a, undefined);
    clock.advance(60_000);
    bus.reconnect();
    const seen = await reader.until("current");
    expect(seen.map(shown)).toEqual(["reset", "b=1", "current"]);
    expect(seen[0]).toEqual({ kind: "reset", incarnation: await bus.incarnation() });
  });

  test("that were forgotten before a reader went away are no reason to tell it anew", async () => {
    const { bus, clock } = timed();
    const writer = bus.connect();
    await using reader = openReader(bus, a);
    await reader.until("current");
    await writer.publish(b, undefined);
    clock.advance(60_000);
    bus.disconnect();
    await writer.publish(a, bytesOf("1"));
    bus.reconnect();
    expect(shown(await reader.next())).toBe("a=1");
  });

  test("free their room when they are forgotten", async () => {
    const { bus, clock } = timed({ maxBytes: 2 * a.length });
    await bus.publish(a, undefined);
    await bus.publish(b, undefined);
    await expect(bus.publish(`${root}.c`, undefined)).rejects.toMatchObject({ code: "Full" });
    clock.advance(60_000);
    await bus.publish(`${root}.c`, undefined);
  });
});

describe("memory: faults", () => {
  test("a lost delivery is found by the gap before the next one", async () => {
    const lost = new Set([2]);
    const { bus } = timed({ faults: { drop: ({ seq }) => lost.delete(seq) } });
    await using reader = openReader(bus, all);
    await reader.until("current");
    await bus.publish(a, bytesOf("1"));
    await bus.publish(b, bytesOf("2"));
    expect(shown(await reader.next())).toBe("a=1");
    await bus.publish(`${root}.c`, bytesOf("3"));
    expect([await reader.next(), await reader.next()].map(shown)).toEqual(["b=2", "c=3"]);
    expect(lost.size).toBe(0);
  });

  test("a lost delivery that none follows is found by the heartbeat, and so is one that is lost again", async () => {
    let losses = 2;
    const { bus, clock } = timed({ faults: { drop: () => losses-- > 0 } });
    await bus.publish(a, bytesOf("1"));
    await using reader = openReader(bus, all);
    const first = reader.next();
    expect(losses).toBe(1);
    clock.advance(100);
    expect(losses).toBe(0);
    clock.advance(100);
    expect(shown(await first)).toBe("a=1");
    expect(shown(await reader.next())).toBe("current");
  });

  test("a loss within what is told at the start is made good once, in the order of the numbers", async () => {
    const sent: number[] = [];
    const drop = ({ seq }: { readonly seq: number }): boolean => sent.push(seq) === 1;
    const { bus, clock } = timed({ faults: { drop } });
    for (const name of ["a", "b", "c", "d"]) await bus.publish(`${root}.${name}`, bytesOf("1"));
    await using reader = openReader(bus, all);
    const told = reader.until("current");
    expect(sent).toEqual([1, 2, 3, 4]);
    clock.advance(100);
    expect((await told).map(shown)).toEqual(["a=1", "b=1", "c=1", "d=1", "current"]);
    expect(sent).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  });

  test("a delivery may come twice, but never after a newer one", async () => {
    const { bus } = timed({ faults: { duplicate: ({ subject }) => subject === a } });
    await using reader = openReader(bus, all);
    await reader.until("current");
    await bus.publish(a, bytesOf("1"));
    expect([await reader.next(), await reader.next()].map(shown)).toEqual(["a=1", "a=1"]);
    await bus.publish(a, bytesOf("2"));
    expect(shown(await reader.next())).toBe("a=2");
    await bus.publish(a, bytesOf("3"));
    expect([await reader.next(), await reader.next()].map(shown)).toEqual(["a=3", "a=3"]);
  });

  test("readers come to the last values through losses, repeats and a line that breaks", async () => {
    // Any fixed rhythm of losses could lose the same delivery for ever.
    let dice = 1;
    const throwDice = (): number => (dice = (dice * 48_271) % 2_147_483_647);
    const bus = createMemoryBus({ heartbeatMs: 1, faults: { drop: () => throwDice() % 4 === 0, duplicate: ({ seq }) => seq % 2 === 0 } });
    const trouble = async (): Promise<void> => {
      for (let n = 0; n < 3; n += 1) {
        bus.disconnect();
        await new Promise((resolve) => setImmediate(resolve));
        bus.reconnect();
      }
    };
    await convergence({ bus, connect: async () => bus.connect(), trouble }, { runs: 50 });
  });
});

describe("memory: the line", () => {
  test("a watch that begins without one is silent until there is one", async () => {
    const { bus } = timed();
    const writer = bus.connect();
    bus.disconnect();
    await using reader = openReader(bus, all);
    const first = reader.next();
    await writer.publish(a, bytesOf("1"));
    bus.reconnect();
    expect([await first, await reader.next()].map(shown)).toEqual(["a=1", "current"]);
  });

  test("a disk lost meanwhile is told on return", async () => {
    const { bus } = timed();
    const writer = bus.connect();
    await writer.publish(a, bytesOf("1"));
    await using reader = openReader(bus, all);
    await reader.until("current");
    bus.disconnect();
    bus.loseDisk();
    await writer.publish(b, bytesOf("1"));
    bus.reconnect();
    expect((await reader.until("current")).map(shown)).toEqual(["reset", "b=1", "current"]);
  });

  test("an answer made without one is lost, and others take the requests meanwhile", async () => {
    const { bus, clock } = timed();
    const near = bus.connect();
    const far = bus.connect();
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<Uint8Array>();
    await using _responder = await far.respond("call.x", () => {
      asked.resolve();
      return held.promise;
    });
    const request = bus.request("call.x", bytesOf("q"), { timeoutMs: 50 });
    const failure = expect(request).rejects.toMatchObject({ code: "Timeout" });
    await asked.promise;
    far.disconnect();
    held.resolve(bytesOf("lost"));
    await expect(bus.request("call.x", bytesOf("q"), { timeoutMs: 50 })).rejects.toMatchObject({ code: "NoResponder" });
    await using _other = await near.respond("call.x", async (bytes) => bytes);
    expect(await bus.request("call.x", bytesOf("q"), { timeoutMs: 50 })).toEqual(bytesOf("q"));
    clock.advance(50);
    await failure;
  });
});

describe("openBus", () => {
  const lifetime = { mesh: meshName("test"), signal: new AbortController().signal, log: silentLog };

  test("makes a bus of one's own", async () => {
    await using one = await openBus("memory:", lifetime);
    await using two = await openBus("memory:", lifetime);
    await one.publish(a, bytesOf("1"));
    expect(await two.last(a)).toBeUndefined();
  });

  test("says what it supports, and nothing of the URL's secrets", async () => {
    await expect(openBus("redis://user:hunter2@host", lifetime)).rejects.toThrow(/^no bus behind "redis:"; supported are nats:, tls: and memory:$/);
    await expect(openBus("hunter2", lifetime)).rejects.toThrow(/^no bus behind what is no URL; supported are nats:, tls: and memory:$/);
    await expect(openBus("memory:", { ...lifetime, signal: AbortSignal.abort(new Error("stopping")) })).rejects.toThrow("stopping");
  });
});

test("memory: 10,000 writes of 1 KB reach three readers for little work", async () => {
  const bus = createMemoryBus();
  const readers = Array.from({ length: 3 }, () => openReader(bus, all));
  for (const reader of readers) await reader.until("current");
  const payload = new Uint8Array(1024);
  const before = process.cpuUsage();
  const reading = readers.map(async (reader) => {
    let last = 0;
    while (last < 10_000) last = (await reader.entry()).seq;
  });
  for (let n = 0; n < 10_000; n += 1) await bus.publish(`${root}.s${n % 500}`, payload);
  await Promise.all(reading);
  // Work, not time: others may want the processor too.
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1500);
});
