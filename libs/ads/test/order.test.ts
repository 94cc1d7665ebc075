import { describe, expect, test } from "vitest";
import { play, settled } from "./table.ts";

const needs = { "l@1": ["a"], "l@2": ["b"], "m@1": ["b"], "r@1": ["a"], "r@2": ["a"], "r@3": ["a", "b"], "l@3": ["a", "b"] };
const whole = { CDS: { a: "1" }, EDS: { a: "1" }, LDS: { l: "1" }, RDS: { r: "1" } };

describe("make", () => {
  test("a listener goes when the cluster it needs is acknowledged", () => {
    const table = settled({ ...whole }, needs);
    expect(table.move({ ...whole, CDS: { a: "1", b: "1" }, EDS: { a: "1", b: "1" }, LDS: { l: "1", m: "1" } })).toEqual(["CDS +b@1"]);
    expect(table.ask("EDS", { subscribe: ["b"] })).toEqual(["EDS +b@1"]);
    expect(table.ack("EDS")).toEqual([]);
    expect(table.ack("CDS")).toEqual(["LDS +m@1"]);
  });

  test("a route that refers to a new cluster waits, one that refers to known ones does not", () => {
    const table = settled(whole, needs);
    expect(table.move({ ...whole, CDS: { a: "2" }, RDS: { r: "2" } })).toEqual(["CDS +a@2", "EDS +a@1", "RDS +r@2"]);
    table.ack("CDS");
    table.ack("EDS");
    expect(table.ack("RDS")).toEqual([]);
    expect(table.move({ ...whole, CDS: { a: "2", b: "1" }, RDS: { r: "3" } })).toEqual(["CDS +b@1"]);
    expect(table.ack("CDS")).toEqual(["RDS +r@3"]);
  });

  test("a listener needs the newest version of a cluster that it did not refer to before", () => {
    const table = settled({ ...whole, CDS: { a: "1", b: "1" } }, needs);
    expect(table.move({ ...whole, CDS: { a: "1", b: "2" }, LDS: { l: "3" } })).toEqual(["CDS +b@2"]);
    expect(table.ack("CDS")).toEqual(["LDS +l@3"]);
  });

  test("a listener that waits keeps back no other", () => {
    const table = settled(whole, needs);
    const sent = table.move({ ...whole, CDS: { a: "1", b: "1" }, LDS: { m: "1", n: "1" } });
    expect(sent).toEqual(["CDS +b@1", "LDS +n@1 -l"]);
  });

  test("a rejected cluster keeps back only those that need it, until the target changes", () => {
    const table = settled(whole, needs);
    table.move({ ...whole, CDS: { a: "1", b: "bad" }, LDS: { l: "1", m: "1", n: "1" } });
    table.ack("LDS");
    expect(table.nack("CDS", "b: no")).toEqual([]);
    expect(table.isSettled()).toBe(true);
    expect(table.move({ ...whole, CDS: { a: "1", b: "2" }, LDS: { l: "1", m: "1", n: "1" } })).toEqual(["CDS +b@2"]);
    expect(table.ack("CDS")).toEqual(["LDS +m@1"]);
  });

  test("a rejected cluster of which an older version is held serves those that need it", () => {
    const table = settled({ ...whole, CDS: { a: "1", b: "1" } }, needs);
    table.move({ ...whole, CDS: { a: "1", b: "bad" }, LDS: { l: "1", m: "1" } });
    expect(table.nack("CDS", "b: no")).toEqual(["LDS +m@1"]);
  });

  test("a cluster that is just being removed does not count as there", () => {
    const table = settled({ CDS: { a: "1", b: "1" }, LDS: { l: "1" } }, needs);
    table.ask("CDS");
    table.move({ CDS: { a: "1" }, LDS: { l: "1" } });
    expect(table.sent().length).toBe(1);
    expect(table.move({ CDS: { a: "1", b: "1" }, LDS: { l: "1", m: "1" } })).toEqual([]);
    expect(table.ack("CDS")).toEqual(["CDS +b@1"]);
    expect(table.ack("CDS")).toEqual(["LDS +m@1"]);
  });
});

describe("locks before doors", () => {
  const held = { CDS: { a: "1" }, ECDS: { f: "1" }, LDS: { l: "1" }, SDS: { s: "1" } };

  test("filters and secrets go before the listener in one turn", () => {
    expect(settled(held).move({ ...held, ECDS: { f: "2" }, LDS: { l: "2" }, SDS: { s: "2" } })).toEqual(["ECDS +f@2", "SDS +s@2", "LDS +l@2"]);
  });

  test.each(["ECDS", "SDS"] as const)("a listener does not overtake what %s owes while an earlier response is unanswered", (type) => {
    const [name] = Object.keys(held[type]);
    const table = settled(held);
    expect(table.move({ ...held, [type]: { [`${name}`]: "2" } })).toEqual([`${type} +${name}@2`]);
    expect(table.move({ ...held, [type]: { [`${name}`]: "3" }, LDS: { l: "2" } })).toEqual([]);
    expect(table.ack(type)).toEqual([`${type} +${name}@3`, "LDS +l@2"]);
  });

  test("a rejected filter keeps no listener back", () => {
    const table = settled(held);
    table.move({ ...held, ECDS: { f: "bad" } });
    expect(table.nack("ECDS", "f: no")).toEqual([]);
    expect(table.move({ ...held, ECDS: { f: "bad" }, LDS: { l: "2" } })).toEqual(["LDS +l@2"]);
  });

  test("nor does a secret that is waited for", () => {
    expect(settled(held).move({ ...held, SDS: { s: "pending" }, LDS: { l: "2" } })).toEqual(["LDS +l@2"]);
  });
});

describe("break", () => {
  test("a cluster goes when the removal of the listener that needs it is acknowledged", () => {
    const table = settled({ CDS: { a: "1" }, LDS: { l: "1" } }, needs);
    expect(table.move({})).toEqual(["LDS -l"]);
    expect(table.ack("LDS")).toEqual(["CDS -a"]);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.isSettled()).toBe(true);
  });

  test("a cluster goes when its listener was replaced, which waits for the new cluster", () => {
    const table = settled({ CDS: { a: "1" }, LDS: { l: "1" } }, needs);
    expect(table.move({ CDS: { b: "1" }, LDS: { l: "2" } })).toEqual(["CDS +b@1"]);
    expect(table.ack("CDS")).toEqual(["LDS +l@2"]);
    expect(table.ack("LDS")).toEqual(["CDS -a"]);
  });

  test("a cluster stays while a listener that needs it is in flight", () => {
    const table = settled({ CDS: { b: "1" } }, needs);
    table.move({ CDS: { b: "1" }, LDS: { m: "1" } });
    expect(table.move({})).toEqual([]);
    expect(table.ack("LDS")).toEqual(["LDS -m"]);
    expect(table.ack("LDS")).toEqual(["CDS -b"]);
  });

  test("a cluster stays while the listener's route is held, which Envoy lets go when the listener has drained", () => {
    const table = settled(whole, needs);
    expect(table.move({})).toEqual(["LDS -l"]);
    expect(table.ack("LDS")).toEqual([]);
    expect(table.isSettled()).toBe(true);
    expect(table.ask("RDS", { unsubscribe: ["r"] })).toEqual(["CDS -a"]);
  });

  test("a cluster stays while an acknowledged listener waits for its route, since its forerunner serves on", () => {
    const table = settled({ CDS: { a: "1" }, LDS: { l: "1" } }, needs);
    table.move({ CDS: { b: "1" }, LDS: { l: "2" }, RDS: { s: "1" } });
    table.ack("CDS");
    expect(table.ask("RDS", { subscribe: ["s"] })).toEqual(["RDS +s@1"]);
    expect(table.ack("LDS")).toEqual([]);
    expect(table.ack("RDS")).toEqual(["CDS -a"]);
  });

  test("a cluster stays while an acknowledged listener waits for its filter, since its forerunner serves on", () => {
    const table = settled({ CDS: { a: "1" }, LDS: { l: "1" } }, needs);
    table.move({ CDS: { b: "1" }, LDS: { l: "2" }, ECDS: { f: "1" } });
    table.ack("CDS");
    expect(table.ask("ECDS", { subscribe: ["f"] })).toEqual(["ECDS +f@1"]);
    expect(table.ack("LDS")).toEqual([]);
    expect(table.ack("ECDS")).toEqual(["CDS -a"]);
  });

  test("a cluster stays while a listener is in flight that stops waiting for a filter and starts waiting for a route", () => {
    const table = settled({ CDS: { a: "1" }, LDS: { l: "1" } }, needs);
    table.move({ LDS: { l: "8" } });
    expect(table.ask("ECDS", { subscribe: ["f"] })).toEqual(["ECDS -f"]);
    table.ack("ECDS");
    table.move({ LDS: { l: "9" }, RDS: { q: "1" } });
    expect(table.ack("LDS")).toEqual(["LDS +l@9"]);
    expect(table.ask("ECDS", { unsubscribe: ["f"] })).toEqual([]);
    expect(table.ask("RDS", { subscribe: ["q"] })).toEqual(["RDS +q@1"]);
    expect(table.ack("LDS")).toEqual([]);
    expect(table.ack("RDS")).toEqual(["CDS -a"]);
  });

  test("on a new stream no cluster goes before it is known what else is held", () => {
    const table = play({ CDS: { b: "1" }, LDS: { m: "1" }, RDS: { s: "1" } }, needs);
    expect(table.ask("CDS", { initial: new Map([["a", "1"], ["b", "1"]]) })).toEqual([]);
    expect(table.ask("SDS")).toEqual([]);
    expect(table.ask("LDS", { initial: new Map([["l", "1"]]) })).toEqual(["LDS +m@1 -l"]);
    expect(table.ask("RDS", { subscribe: ["r"], initial: new Map([["r", "1"]]) })).toEqual([]);
    expect(table.ack("LDS", {})).toEqual([]);
    expect(table.ask("RDS", { unsubscribe: ["r"], subscribe: ["s"] })).toEqual(["RDS +s@1"]);
    expect(table.ack("RDS")).toEqual(["CDS -a"]);
  });

  test("on a new stream where nothing else is sent, an empty response finds out that routes are not in use", () => {
    const table = play({ LDS: { l: "9" } }, needs);
    table.ask("CDS", { initial: new Map([["a", "1"]]) });
    expect(table.ask("LDS", { initial: new Map([["l", "9"]]) })).toEqual(["CDS"]);
    expect(table.ack("CDS")).toEqual(["CDS -a"]);
  });

  test("filters, routes, secrets and the assignments of live clusters are not taken away", () => {
    const table = settled({ CDS: { a: "1" }, EDS: { a: "1" }, ECDS: { f: "1" }, RDS: { r: "1" }, SDS: { trust: "1" } }, needs);
    expect(table.move({ CDS: { a: "1" } })).toEqual([]);
    expect(table.isSettled()).toBe(true);
  });

  test("an assignment is taken away after its cluster", () => {
    const table = settled({ CDS: { a: "1" }, EDS: { a: "1" } });
    expect(table.move({})).toEqual(["CDS -a"]);
    expect(table.ack("CDS")).toEqual(["EDS -a"]);
  });

  test("an address changes hands in one response", () => {
    const table = settled({ LDS: { l: "9" } });
    expect(table.move({ LDS: { n: "9" } })).toEqual(["LDS +n@9 -l"]);
  });
});

describe("a filter", () => {
  test("changes before the chain that is replaced because of it", () => {
    const table = settled({ ECDS: { f: "1" }, LDS: { l: "8" } });
    expect(table.move({ ECDS: { f: "2" }, LDS: { l: "9" } })).toEqual(["ECDS +f@2", "LDS +l@9"]);
  });

  test("that needs a cluster waits for it, and keeps it", () => {
    const table = settled({ CDS: { a: "1" }, ECDS: { f: "1" } }, { "f@1": ["a"], "f@2": ["b"] });
    table.ask("RDS");
    expect(table.move({ CDS: { b: "1" }, ECDS: { f: "2" } })).toEqual(["CDS +b@1"]);
    expect(table.ack("CDS")).toEqual(["ECDS +f@2"]);
    expect(table.ack("ECDS")).toEqual(["CDS -a"]);
  });

  test("is told to be missing only where it never was there", () => {
    const table = play({ LDS: { l: "8" } });
    expect(table.ask("ECDS", { subscribe: ["f"] })).toEqual(["ECDS -f"]);
    expect(table.ack("ECDS")).toEqual([]);
    expect(table.move({ ECDS: { f: "1" }, LDS: { l: "8" } })).toEqual(["ECDS +f@1"]);
    expect(table.ack("ECDS")).toEqual([]);
    expect(table.move({ LDS: { l: "8" } })).toEqual([]);
  });
});

describe("a changed cluster", () => {
  const shared = { "a@1": ["x"], "a@2": ["x"], "b@1": ["x"] };

  test("is followed by the assignment that it shares with another", () => {
    const table = settled({ CDS: { a: "1", b: "1" }, EDS: { x: "1" } }, shared);
    expect(table.move({ CDS: { a: "2", b: "1" }, EDS: { x: "1" } })).toEqual(["CDS +a@2", "EDS +x@1"]);
    table.ack("EDS");
    expect(table.ack("CDS")).toEqual([]);
    expect(table.move({ CDS: { b: "1" } })).toEqual(["CDS -a"]);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.move({})).toEqual(["CDS -b"]);
    expect(table.ack("CDS")).toEqual(["EDS -x"]);
  });

  test("is followed by the shared assignment though that was asked for after it had gone out", () => {
    const table = play({ CDS: { a: "2", b: "1" }, EDS: { x: "1" } }, shared);
    expect(table.ask("CDS", { initial: new Map([["a", "1"], ["b", "1"]]) })).toEqual(["CDS +a@2"]);
    expect(table.ask("EDS", { subscribe: ["x"], initial: new Map([["x", "1"]]) })).toEqual(["EDS +x@1"]);
  });

  test("is followed by its assignment at once, equal or not", () => {
    const table = settled({ CDS: { a: "1", b: "1" }, EDS: { a: "1", b: "1" } });
    expect(table.move({ CDS: { a: "2", b: "1" }, EDS: { a: "1", b: "1" } })).toEqual(["CDS +a@2", "EDS +a@1"]);
    expect(table.ack("EDS")).toEqual([]);
    expect(table.ack("CDS")).toEqual([]);
  });

  test("is followed by its assignment as soon as one in flight is answered, though that was the same", () => {
    const table = settled({ CDS: { a: "1" }, EDS: { a: "1" } });
    table.move({ CDS: { a: "1" }, EDS: { a: "2" } });
    expect(table.move({ CDS: { a: "2" }, EDS: { a: "2" } })).toEqual(["CDS +a@2"]);
    expect(table.ack("EDS")).toEqual(["EDS +a@2"]);
  });

  test("is followed by its assignment though assignments were asked for after it had gone out", () => {
    const table = play({ CDS: { a: "2" }, EDS: { a: "1" } });
    expect(table.ask("CDS", { initial: new Map([["a", "1"]]) })).toEqual(["CDS +a@2"]);
    expect(table.ask("EDS", { subscribe: ["a"], initial: new Map([["a", "1"]]) })).toEqual(["EDS +a@1"]);
  });
});
