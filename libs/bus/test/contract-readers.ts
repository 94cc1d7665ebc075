import { expect, test } from "vitest";
import type { BusControls, OpenBusUnderTest } from "./bench.ts";
import { convergence } from "./convergence.ts";
import { bytesOf, openReader, shown } from "./reader.ts";

const root = "mesh.test.v1.view";
const a = `${root}.a`;
const b = `${root}.b`;
const c = `${root}.c`;

export function readerContract(open: OpenBusUnderTest): void {
  test("see what stands in the order of its numbers, then current, then what comes", async () => {
    await using under = await open();
    const { bus } = under;
    await bus.publish(a, bytesOf("1"));
    await bus.publish(b, bytesOf("1"));
    await bus.publish(a, bytesOf("2"));
    const seq = await bus.publish("mesh.test.v1.other.x", bytesOf("1"));
    await using reader = openReader(bus, `${root}.*`);
    const standing = await reader.until("current");
    expect(standing.map(shown)).toEqual(["b=1", "a=2", "current"]);
    expect(standing.at(-1)).toEqual({ kind: "current", seq });
    await bus.publish(c, bytesOf("1"));
    await bus.publish("mesh.test.v1.other.x", bytesOf("2"));
    await bus.publish(b, undefined);
    expect([await reader.next(), await reader.next()].map(shown)).toEqual(["c=1", "b gone"]);
  });

  test("are current at once where nothing stands", async () => {
    await using under = await open();
    await using reader = openReader(under.bus, `${root}.*`);
    expect(await reader.next()).toEqual({ kind: "current", seq: 0 });
  });

  test("that start late are told of a withdrawal", async () => {
    await using under = await open();
    await under.bus.publish(a, bytesOf("1"));
    await under.bus.publish(a, undefined);
    await using reader = openReader(under.bus, `${root}.*`);
    expect((await reader.until("current")).map(shown)).toEqual(["a gone", "current"]);
  });

  test("that are slow never see an older value after a newer, and come to the newest", async () => {
    await using under = await open();
    await using reader = openReader(under.bus, `${root}.*`);
    await reader.until("current");
    let seq = 0;
    for (let n = 0; n < 200; n += 1) seq = await under.bus.publish(n % 2 === 0 ? a : b, bytesOf(String(n)));
    let last = 0;
    while (last < seq) {
      const entry = await reader.entry();
      expect(entry.seq).toBeGreaterThan(last);
      last = entry.seq;
    }
  });

  test("of several connections see each other's writes", async () => {
    await using under = await open();
    const second = await under.connect();
    await using reader = openReader(second, `${root}.*`);
    await reader.until("current");
    await under.bus.publish(a, bytesOf("1"), { headers: { k: "v" } });
    expect(await reader.entry()).toMatchObject({ subject: a, bytes: bytesOf("1"), headers: { k: "v" } });
  });

  test("end when their signal aborts, while they wait or before they began", async () => {
    await using under = await open();
    const stop = new AbortController();
    const events = under.bus.watch(`${root}.*`, { signal: stop.signal })[Symbol.asyncIterator]();
    await events.next();
    const pending = events.next();
    stop.abort();
    expect(await pending).toMatchObject({ done: true });
    const late = under.bus.watch(`${root}.*`, { signal: stop.signal })[Symbol.asyncIterator]();
    expect(await late.next()).toMatchObject({ done: true });
  });

  const filters: readonly (readonly [string, readonly string[]])[] = [
    ["fact.>", ["fact.Pod.ns.x", "fact.Pod.ns.y", "fact.Service.ns.x"]],
    ["fact.Pod.*.x", ["fact.Pod.ns.x"]],
    ["fact.*.ns.>", ["fact.Pod.ns.x", "fact.Pod.ns.y", "fact.Service.ns.x"]],
    ["fact.Pod.ns", []],
    ["fact.Pod.ns.x", ["fact.Pod.ns.x"]],
    ["*", ["fac"]],
    ["*.bundle", ["trust.bundle"]],
  ];
  test.each(filters)("are given what the filter %s means", async (filter, expected) => {
    await using under = await open();
    for (const subject of ["fact.Pod.ns.x", "fact.Pod.ns.y", "fact.Service.ns.x", "fac", "trust.bundle"]) await under.bus.publish(`mesh.test.v1.${subject}`, bytesOf("1"));
    await using reader = openReader(under.bus, `mesh.test.v1.${filter}`);
    const entries = (await reader.until("current")).flatMap((event) => (event.kind === "entry" ? [event.entry.subject] : []));
    expect(entries).toEqual(expected.map((subject) => `mesh.test.v1.${subject}`));
  });

  test.each(["", "a..b", ">.a", "a.b*", "a.>b", "a b"])("cannot ask for %j", async (filter) => {
    await using under = await open();
    expect(() => under.bus.watch(filter, { signal: new AbortController().signal })).toThrow(TypeError);
  });

  test("come to the last value of every subject, however writers and slow readers interleave", async () => {
    await using under = await open();
    await convergence({ bus: under.bus, connect: () => under.connect() }, { runs: 25 });
  });

  lineContract(open);
  diskContract(open);
}

async function supports(open: OpenBusUnderTest, control: keyof BusControls): Promise<boolean> {
  await using under = await open();
  return under.controls[control] !== undefined;
}

function lineContract(open: OpenBusUnderTest): void {
  test("that lose their line are silent, and catch up by last value", async (context) => {
    if (!(await supports(open, "line"))) context.skip("this bench cannot cut the line");
    await using under = await open();
    const other = await under.connect();
    await using reader = openReader(under.bus, `${root}.*`);
    await other.publish(a, bytesOf("1"));
    await other.publish(b, bytesOf("1"));
    expect((await reader.until("current")).map(shown)).toEqual(["a=1", "b=1", "current"]);

    await under.controls.line?.disconnect();
    await expect(under.bus.publish(a, bytesOf("x"))).rejects.toMatchObject({ code: "Unavailable" });
    await expect(under.bus.last(a)).rejects.toMatchObject({ code: "Unavailable" });
    await expect(under.bus.incarnation()).rejects.toMatchObject({ code: "Unavailable" });
    await expect(under.bus.request("mesh.test.v1.call.a", new Uint8Array(), { timeoutMs: 1000 })).rejects.toMatchObject({ code: "Unavailable" });
    await other.publish(a, bytesOf("2"));
    await other.publish(a, bytesOf("3"));
    await other.publish(b, undefined);
    await under.controls.line?.reconnect();
    expect([await reader.next(), await reader.next()].map(shown)).toEqual(["a=3", "b gone"]);
    await under.bus.publish(c, bytesOf("1"));
    expect(shown(await reader.next())).toBe("c=1");
  });
}

function diskContract(open: OpenBusUnderTest): void {
  test("are told of a lost disk, then of what remains, then that they are current", async (context) => {
    if (!(await supports(open, "loseDisk"))) context.skip("this bench cannot lose its disk");
    await using under = await open();
    await under.bus.publish(a, bytesOf("1"));
    await using reader = openReader(under.bus, `${root}.*`);
    await reader.until("current");
    const before = await under.bus.incarnation();

    await under.controls.loseDisk?.();
    const incarnation = await under.bus.incarnation();
    expect(incarnation).not.toBe(before);
    expect(await under.bus.last(a)).toBeUndefined();
    await under.bus.publish(b, bytesOf("1"), { expectedSeq: 0 });
    const seen = [...(await reader.until("reset")), await reader.next(), await reader.next()];
    expect(seen[0]).toEqual({ kind: "reset", incarnation });
    expect(seen.map(shown).toSorted()).toEqual(["b=1", "current", "reset"]);
  });
}
