import { describe, expect, test } from "vitest";
import type { Canary, CanaryEvent, Item } from "../src/index.ts";
import { isHeld, isTried, nextOpening, noCanary, stepCanary, trialMs, triedBy } from "../src/index.ts";

const item = (version: string, type: Item["type"] = "LDS"): Item => ({ type, name: "l", version });
const offer = (items: readonly Item[], more: Partial<Extract<CanaryEvent, { kind: "offered" }>> = {}): CanaryEvent => ({
  kind: "offered",
  items,
  proxies: ["p", "q"],
  isRevocation: false,
  at: 1000,
  ...more,
});
const after = (...events: readonly CanaryEvent[]): Canary => events.reduce((canary, event) => stepCanary(canary, event).canary, noCanary);
const holding = (canary: Canary, version = "2"): readonly string[] => ["p", "q", "new"].filter((proxy) => isHeld(canary, item(version), proxy));

describe("a new version", () => {
  test("goes to one proxy first", () => {
    expect(holding(after(offer([item("2")])))).toEqual(["q", "new"]);
  });

  test("is for all when that one has answered, which is told once", () => {
    const trying = after(offer([item("2")]));
    const answered = stepCanary(trying, { kind: "answered", items: [item("2")], proxy: "p" });
    expect(answered.opened).toEqual([item("2")]);
    expect(holding(answered.canary)).toEqual([]);
    expect(stepCanary(answered.canary, { kind: "passed", at: 9999 }).opened).toEqual([]);
  });

  test("is not opened by another's answer", () => {
    const step = stepCanary(after(offer([item("2")])), { kind: "answered", items: [item("2")], proxy: "q" });
    expect(step.opened).toEqual([]);
    expect(holding(step.canary)).toEqual(["q", "new"]);
  });

  test("is for all when its time is over, and not before", () => {
    const trying = after(offer([item("2")]));
    expect(nextOpening(trying)).toBe(1000 + trialMs);
    expect(stepCanary(trying, { kind: "passed", at: 999 + trialMs }).opened).toEqual([]);
    const over = stepCanary(trying, { kind: "passed", at: 1000 + trialMs });
    expect(over.opened).toEqual([item("2")]);
    expect(nextOpening(over.canary)).toBeUndefined();
  });

  test("that a second view offers meanwhile stays with the first proxy and its time", () => {
    const canary = after(offer([item("2")]), offer([item("2")], { proxies: ["new"], at: 1200 }));
    expect(holding(canary)).toEqual(["q", "new"]);
    expect(nextOpening(canary)).toBe(1000 + trialMs);
  });

  test("that was tried is not tried again while some view has it", () => {
    const tried = after(offer([item("2")]), { kind: "answered", items: [item("2")], proxy: "p" });
    expect(holding(after(offer([item("2")]), { kind: "passed", at: 2000 }, offer([item("2")])))).toEqual([]);
    expect(holding(stepCanary(tried, offer([item("2")], { proxies: ["q"] })).canary)).toEqual([]);
    const dropped = stepCanary(tried, { kind: "dropped", items: [item("2")] }).canary;
    expect(holding(stepCanary(dropped, offer([item("2")])).canary)).toEqual(["q", "new"]);
  });

  test("is known to be tried, and by whom, until it is for all", () => {
    const trying = after(offer([item("2")]), offer([item("3")], { proxies: ["q"] }));
    expect([item("2"), item("3"), item("1")].map((each) => isTried(trying, each))).toEqual([true, true, false]);
    expect(["p", "q", "r"].map((proxy) => triedBy(trying, proxy).map(({ version }) => version))).toEqual([["2"], ["3"], []]);
    const answered = stepCanary(trying, { kind: "answered", items: [item("2"), item("3")], proxy: "p" });
    expect(answered.opened).toEqual([item("2")]);
    expect([item("2"), item("3")].map((each) => isTried(answered.canary, each))).toEqual([false, true]);
  });

  test("leaves other versions of the name alone", () => {
    expect(holding(after(offer([item("2")])), "1")).toEqual([]);
  });

  test("waits for nobody where nobody is connected", () => {
    expect(holding(after(offer([item("2")], { proxies: [] })))).toEqual([]);
  });
});

describe("never held are", () => {
  test("endpoints, secrets and filters", () => {
    for (const type of ["EDS", "SDS", "ECDS"] as const) expect(isHeld(after(offer([item("2", type)])), item("2", type), "q")).toBe(false);
    for (const type of ["CDS", "LDS", "RDS"] as const) expect(isHeld(after(offer([item("2", type)])), item("2", type), "q")).toBe(true);
  });

  test("revocations, and what turns out to be one is let go", () => {
    expect(holding(after(offer([item("2")], { isRevocation: true })))).toEqual([]);
    const step = stepCanary(after(offer([item("2")])), offer([item("2")], { isRevocation: true }));
    expect(step.opened).toEqual([item("2")]);
    expect(holding(step.canary)).toEqual([]);
  });
});
