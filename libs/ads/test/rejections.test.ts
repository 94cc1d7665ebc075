import { describe, expect, test } from "vitest";
import { occursIn } from "../src/blame.ts";
import { holds } from "../src/index.ts";
import type { Play } from "./table.ts";
import { settled } from "./table.ts";

const before = { CDS: { a: "1", b: "1", c: "1", d: "1" } };
const after = { CDS: { a: "2", b: "2", c: "2", d: "2" } };
const held = (table: Play, name: string): string | undefined => holds(table.state(), table.target(), { type: "CDS", name });

describe("a rejection that names its cause", () => {
  test("blames it, and has the rest booked by sending it once more", () => {
    const table = settled(before);
    table.move(after);
    expect(table.nack("CDS", "Error adding cluster(s) b: bad")).toEqual(["CDS +a@2 +c@2 +d@2"]);
    expect(table.answers()).toMatchObject([{ guilty: [{ name: "b", version: "2" }], error: "Error adding cluster(s) b: bad" }]);
    expect(table.ack("CDS")).toEqual([]);
    expect(["a", "b", "c", "d"].map((name) => held(table, name))).toEqual(["2", "1", "2", "2"]);
    expect(table.isSettled()).toBe(true);
  });

  test("does not hinder what else happens, and is over when the target changes", () => {
    const table = settled({ ...before, EDS: { a: "1" } });
    table.move({ CDS: { ...before.CDS, b: "2" }, EDS: { a: "1" } });
    expect(table.nack("CDS", "b: bad")).toEqual([]);
    expect(table.move({ CDS: { ...before.CDS, b: "2", c: "2" }, EDS: { a: "2" } })).toEqual(["CDS +c@2", "EDS +a@2"]);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.move({ CDS: { ...before.CDS, b: "3", c: "2" }, EDS: { a: "2" } })).toEqual(["CDS +b@3"]);
  });

  test("needs nothing when the target goes back to what is held", () => {
    const table = settled(before);
    table.move({ CDS: { ...before.CDS, b: "2" } });
    table.nack("CDS", "b: bad");
    expect(table.move(before)).toEqual([]);
    expect(table.isSettled()).toBe(true);
  });

  test("sends removals once more, since Envoy books nothing of what it rejects", () => {
    const table = settled({ LDS: { l: "1", m: "1" } });
    table.move({ LDS: { m: "2" } });
    expect(table.nack("LDS", "m: bad")).toEqual(["LDS -l"]);
    expect(table.ack("LDS")).toEqual([]);
  });

  test("that names several has each tried alone: one may be a bystander", () => {
    const table = settled({});
    table.move({ LDS: { l: "1", m: "1", n: "1" } });
    expect(table.nack("LDS", "l: has the same address as m")).toEqual(["LDS +n@1"]);
    expect(table.ack("LDS")).toEqual(["LDS +l@1"]);
    expect(table.nack("LDS", "l: has the same address as m")).toEqual(["LDS +m@1"]);
    expect(table.answers()).toMatchObject([{ guilty: [{ name: "l" }] }]);
    expect(table.ack("LDS")).toEqual([]);
    expect(table.isSettled()).toBe(true);
  });

  test("is not found in longer names", () => {
    expect(occursIn("error adding listener '10.0.0.1:8080'", "10.0.0.1:80")).toBe(false);
    expect(occursIn("error adding listener '10.0.0.1:80': taken", "10.0.0.1:80")).toBe(true);
    expect(occursIn("110.0.0.1:80 x/10.0.0.1:80", "10.0.0.1:80")).toBe(false);
    expect(occursIn("listener(s) 10.0.0.1:80: no", "10.0.0.1:80")).toBe(true);
    expect(occursIn("110.0.0.1:80, 10.0.0.1:80", "10.0.0.1:80")).toBe(true);
    expect(occursIn("anything", "")).toBe(false);
  });
});

describe("a rejection that names nobody", () => {
  test("is bisected, each part alone, until the cause is found", () => {
    const table = settled(before);
    table.move(after);
    expect(table.nack("CDS", "bad")).toEqual(["CDS +a@2 +b@2"]);
    expect(table.answers()).toMatchObject([{ guilty: [] }]);
    expect(table.nack("CDS", "bad")).toEqual(["CDS +a@2"]);
    expect(table.ack("CDS")).toEqual(["CDS +b@2"]);
    expect(table.nack("CDS", "bad")).toEqual(["CDS +c@2 +d@2"]);
    expect(table.answers()).toMatchObject([{ guilty: [{ name: "b", version: "2" }] }]);
    expect(table.ack("CDS")).toEqual([]);
    expect(["a", "b", "c", "d"].map((name) => held(table, name))).toEqual(["2", "1", "2", "2"]);
  });

  test("leaves doubt, which a return of the target to what was held does not end", () => {
    const table = settled(before);
    table.move(after);
    table.nack("CDS", "bad");
    expect(held(table, "d")).toBeUndefined();
    table.move(before);
    expect(table.ack("CDS")).toEqual(["CDS +a@1 +b@1 +c@1 +d@1"]);
    expect(table.ack("CDS")).toEqual([]);
  });

  test("takes turns with what changes meanwhile", () => {
    const table = settled({ CDS: { ...before.CDS, e: "1" } });
    table.move({ CDS: { ...after.CDS, e: "1" } });
    table.nack("CDS", "bad");
    table.move({ CDS: { ...after.CDS, e: "2" } });
    expect(table.ack("CDS")).toEqual(["CDS +e@2"]);
    expect(table.ack("CDS")).toEqual(["CDS +c@2 +d@2"]);
  });

  test("of a response without a put counts as an ACK, or it would go on for ever", () => {
    const table = settled({ CDS: { a: "1" } });
    table.move({});
    expect(table.nack("CDS", "no")).toEqual([]);
    expect(table.isSettled()).toBe(true);
  });

  test("tells the caller what was said, with the names and versions", () => {
    const table = settled({});
    table.move({ EDS: { a: "1" } });
    table.ask("EDS", { subscribe: ["a"] });
    table.ack("EDS");
    expect(table.answers()).toEqual([{ type: "EDS", put: [{ name: "a", version: "1" }], guilty: [], error: undefined }]);
  });
});
