import { expect, test } from "vitest";
import { BusError, maxPayload } from "../src/index.ts";
import type { OpenBusUnderTest } from "./bench.ts";
import { bytesOf, openReader, shown, textOf } from "./reader.ts";

const root = "mesh.test.v1.view";
const a = `${root}.a`;
const b = `${root}.b`;

export function lastValueContract(open: OpenBusUnderTest): void {
  test("numbers grow with every write to any subject", async () => {
    await using under = await open();
    const first = await under.bus.publish(a, bytesOf("1"));
    const second = await under.bus.publish(b, bytesOf("1"));
    const third = await under.bus.publish(a, undefined);
    expect(first).toBeGreaterThan(0);
    expect([second, third]).toEqual([first + 1, first + 2]);
  });

  test("gives back what was written last, headers included", async () => {
    await using under = await open();
    expect(await under.bus.last(a)).toBeUndefined();
    await under.bus.publish(a, bytesOf("old"));
    const seq = await under.bus.publish(a, bytesOf("new"), { headers: { traceparent: "00-ab-cd-01" } });
    expect(await under.bus.last(a)).toEqual({ subject: a, seq, bytes: bytesOf("new"), headers: { traceparent: "00-ab-cd-01" } });
    expect(await under.bus.last(b)).toBeUndefined();
  });

  test("keeps no bytes apart from a tombstone", async () => {
    await using under = await open();
    await under.bus.publish(a, new Uint8Array());
    expect(await under.bus.last(a)).toMatchObject({ bytes: new Uint8Array() });
    const seq = await under.bus.publish(a, undefined);
    expect(await under.bus.last(a)).toMatchObject({ seq, bytes: undefined });
  });

  test("copies bytes on the way in and on the way out", async () => {
    await using under = await open();
    const given = Buffer.from("given");
    await under.bus.publish(a, given);
    given.fill(0);
    const once = await under.bus.last(a);
    once?.bytes?.fill(0);
    expect(textOf((await under.bus.last(a))?.bytes)).toBe("given");
    await using reader = openReader(under.bus, a);
    (await reader.entry()).bytes?.fill(0);
    expect(textOf((await under.bus.last(a))?.bytes)).toBe("given");
  });

  test("refuses a write that expects another last entry", async () => {
    await using under = await open();
    const { bus } = under;
    const first = await bus.publish(a, bytesOf("1"), { expectedSeq: 0 });
    const wrong = { name: "BusError", code: "WrongSequence" };
    await expect(bus.publish(a, bytesOf("2"), { expectedSeq: 0 })).rejects.toMatchObject(wrong);
    await expect(bus.publish(b, bytesOf("2"), { expectedSeq: first })).rejects.toMatchObject(wrong);
    const second = await bus.publish(a, bytesOf("2"), { expectedSeq: first });
    await expect(bus.publish(a, undefined, { expectedSeq: first })).rejects.toMatchObject(wrong);
    expect(await bus.last(a)).toMatchObject({ seq: second, bytes: bytesOf("2") });
    const gone = await bus.publish(a, undefined, { expectedSeq: second });
    await expect(bus.publish(a, bytesOf("3"), { expectedSeq: 0 })).rejects.toMatchObject(wrong);
    await bus.publish(a, bytesOf("3"), { expectedSeq: gone });
  });

  test("lets one of several writers win a number", async () => {
    await using under = await open();
    const writers = await Promise.all(Array.from({ length: 8 }, () => under.connect()));
    const outcomes = await Promise.allSettled(writers.map((bus, n) => bus.publish(a, bytesOf(String(n)), { expectedSeq: 0 })));
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(refused).toHaveLength(7);
    for (const reason of refused) expect(reason).toBeInstanceOf(BusError);
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
    expect(textOf((await under.bus.last(a))?.bytes)).toBe(String(winner));
  });

  test("takes payloads up to the limit and none above it", async () => {
    await using under = await open();
    await under.bus.publish(a, new Uint8Array(maxPayload));
    await expect(under.bus.publish(a, new Uint8Array(maxPayload + 1))).rejects.toMatchObject({ code: "PayloadTooLarge" });
    expect((await under.bus.last(a))?.bytes?.length).toBe(maxPayload);
  });

  test("when full refuses new subjects and larger values, while known ones may still be written", async () => {
    await using under = await open({ maxBytes: 100_000 });
    const half = new Uint8Array(60_000);
    await under.bus.publish(a, half);
    await expect(under.bus.publish(b, half)).rejects.toMatchObject({ code: "Full" });
    expect(await under.bus.last(b)).toBeUndefined();
    await under.bus.publish(a, half);
    await expect(under.bus.publish(a, new Uint8Array(70_000))).rejects.toMatchObject({ code: "Full" });
    await under.bus.publish(a, undefined);
    await under.bus.publish(b, half);
  });

  test("turns a value into a tombstone when its time is over", async () => {
    await using under = await open();
    await using reader = openReader(under.bus, `${root}.*`);
    await reader.until("current");
    const seq = await under.bus.publish(a, bytesOf("1"), { ttlMs: 1000 });
    expect(shown(await reader.next())).toBe("a=1");
    under.pass(1000);
    const tombstone = await reader.entry();
    expect(tombstone).toMatchObject({ subject: a, bytes: undefined });
    expect(tombstone.seq).toBeGreaterThan(seq);
    expect((await under.bus.last(a))?.bytes).toBeUndefined();
  });

  test("a new value takes the old one's time along", async () => {
    await using under = await open();
    await using reader = openReader(under.bus, `${root}.*`);
    await reader.until("current");
    await under.bus.publish(a, bytesOf("1"), { ttlMs: 1000 });
    await under.bus.publish(a, bytesOf("2"));
    await under.bus.publish(b, bytesOf("1"), { ttlMs: 2000 });
    under.pass(2000);
    const seen: string[] = [];
    while (seen.at(-1) !== "b gone") seen.push(shown(await reader.next()));
    expect(seen).not.toContain("a gone");
    expect(textOf((await under.bus.last(a))?.bytes)).toBe("2");
  });

  test.each(["", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "a\n", "ä"])("cannot be written to the subject %j", async (subject) => {
    await using under = await open();
    await expect(under.bus.publish(subject, bytesOf("1"))).rejects.toThrow(TypeError);
    await expect(under.bus.last(subject)).rejects.toThrow(TypeError);
  });

  test("cannot be sent with a header that no wire carries, nor with too short a life", async () => {
    await using under = await open();
    await expect(under.bus.publish(a, bytesOf("1"), { headers: { "a:b": "1" } })).rejects.toThrow(TypeError);
    await expect(under.bus.publish(a, bytesOf("1"), { headers: { a: "1\r\n2" } })).rejects.toThrow(TypeError);
    await expect(under.bus.publish(a, bytesOf("1"), { headers: { "Nats-Rollup": "all" } })).rejects.toThrow(TypeError);
    await expect(under.bus.publish(a, bytesOf("1"), { ttlMs: 999 })).rejects.toThrow(RangeError);
    expect(await under.bus.last(a)).toBeUndefined();
  });

  test("belong to one life of the stream", async () => {
    await using under = await open();
    const second = await under.connect();
    expect(await under.bus.incarnation()).toMatch(/./);
    expect(await second.incarnation()).toBe(await under.bus.incarnation());
    const other = await open();
    await using _other = other;
    expect(await other.bus.incarnation()).not.toBe(await under.bus.incarnation());
  });
}
