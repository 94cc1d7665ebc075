import { describe, expect, test } from "vitest";
import { liveOrigins, originHeaders, originIn, parseTrace, traceOf, tracePartsOf, type Told } from "../src/index.ts";

const written = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const trace = parseTrace(written);

describe("a trace", () => {
  test("is read and written as the standard does", () => {
    expect(trace).toBe(written);
    const parts = tracePartsOf(parseTrace(written) ?? expect.fail("not read"));
    expect(parts).toEqual({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", isSampled: true });
    expect(traceOf(parts)).toBe(written);
    expect(traceOf({ ...parts, isSampled: false })).toBe(written.replace(/01$/, "00"));
  });
  test.each([
    "", "00", written.toUpperCase(), `${written}-x`, written.replace("00-", "01-"), written.replace(/-[0-9a-f]{16}-/, "-0000000000000000-"),
    written.replace(/-[0-9a-f]{32}-/, `-${"0".repeat(32)}-`), `${written}\n`,
  ])("is not %j", (text) => {
    expect(parseTrace(text)).toBeUndefined();
  });
});

describe("an origin", () => {
  test("rides in headers and is read back", () => {
    const origin = { trace, observedAt: 1_800_000_000_000 };
    expect(originHeaders(origin)).toEqual({ traceparent: written, "observed-at": "1800000000000" });
    expect(originIn(originHeaders(origin))).toEqual(origin);
    expect(originIn(originHeaders({ trace: undefined, observedAt: 5 }))).toEqual({ trace: undefined, observedAt: 5 });
  });
  test("that is none takes no header", () => {
    expect(originHeaders(undefined)).toEqual({});
    expect(originHeaders({ trace: undefined, observedAt: undefined })).toEqual({});
    expect(originIn({})).toBeUndefined();
  });
  test.each([{ traceparent: "nonsense" }, { "observed-at": "-1" }, { "observed-at": "1e9" }, { "observed-at": "9".repeat(20) }])("is not read from %j", (headers) => {
    expect(originIn(headers)).toBeUndefined();
  });
});

describe("a watch knows changes from old news", () => {
  const entry = (seq: number): Told => ({ kind: "entry", entry: { seq, headers: { traceparent: written } } });
  const told = (...events: readonly Told[]) => {
    const originOf = liveOrigins();
    return events.map((event) => originOf(event)?.trace !== undefined);
  };
  test("what stood when it began is none, what is written then is", () => {
    expect(told(entry(1), { kind: "current" }, entry(2))).toEqual([false, false, true]);
  });
  test("what is told anew after a reset is none", () => {
    expect(told({ kind: "current" }, { kind: "reset" }, entry(1), { kind: "current" }, entry(2))).toEqual([false, false, false, false, true]);
  });
  test("what is delivered twice is one", () => {
    expect(told({ kind: "current" }, entry(1), entry(1), entry(2), entry(1))).toEqual([false, true, false, true, false]);
  });
  test("a change that comes late, after the line was cut, still is one", () => {
    expect(told({ kind: "current" }, entry(9), entry(4))).toEqual([false, true, true]);
  });
  test("it remembers no more than it needs", () => {
    const originOf = liveOrigins();
    originOf({ kind: "current" });
    for (let seq = 1; seq <= 1026; seq += 1) expect(originOf(entry(seq))).toBeDefined();
    expect(originOf(entry(1026))).toBeUndefined();
    expect(originOf(entry(1))).toBeDefined();
  });
});
