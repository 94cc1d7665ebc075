import { describe, expect, test } from "vitest";
import { playSotw } from "./sotw-table.ts";

const needs = { "l@1": ["a"], "l@2": ["b"], "m@1": ["b"] };

/** The version that a proxy has after it accepted all of these. */
function versionAfter(names: readonly string[], versions: Readonly<Record<string, string>>): string {
  const table = playSotw({ versions: { EDS: versions } });
  table.ask("EDS", { names });
  return table.version("EDS");
}

describe("a set of clusters or listeners", () => {
  test("is whole each time, and what is gone is left out", () => {
    const table = playSotw({ versions: { CDS: { a: "1", b: "1" } } });
    expect(table.ask("CDS")).toEqual(["CDS a@1 b@1"]);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.move({ CDS: { a: "1", b: "2" } })).toEqual(["CDS a@1 b@2"]);
    table.ask("LDS");
    table.ack("LDS");
    expect(table.ack("CDS")).toEqual([]);
    expect(table.move({ CDS: { b: "2" } })).toEqual(["CDS b@2"]);
    expect(table.newest("CDS")?.holds).toEqual(new Map([["b", "2"]]));
  });

  test("keeps a removed cluster until nothing uses it, in its old version", () => {
    const table = playSotw({ versions: { CDS: { a: "1" }, LDS: { l: "1" } }, needs });
    table.ask("CDS");
    table.ask("LDS");
    expect(table.ack("CDS")).toEqual(["LDS l@1"]);
    table.ack("LDS");
    expect(table.move({ CDS: { b: "1" }, LDS: { l: "2" } })).toEqual(["CDS a@1 b@1"]);
    expect(table.ack("CDS")).toEqual(["LDS l@2"]);
    expect(table.ack("LDS")).toEqual(["CDS b@1"]);
  });

  test("keeps a listener in its old version while the new one waits for its cluster", () => {
    const table = playSotw({ versions: { CDS: { a: "1" }, LDS: { l: "1", n: "1" } }, needs });
    table.ask("CDS");
    table.ask("LDS");
    table.ack("CDS");
    expect(table.ack("LDS")).toEqual(["LDS l@1 n@1"]);
    table.ack("LDS");
    expect(table.move({ CDS: { a: "1", b: "1" }, LDS: { l: "2", n: "2" } })).toEqual(["CDS a@1 b@1", "LDS l@1 n@2"]);
  });

  test("is sent empty to a fresh proxy, which waits for it", () => {
    expect(playSotw({ versions: {} }).ask("LDS")).toEqual(["LDS"]);
  });

  test("that was rejected is followed by one without the guilty version", () => {
    const table = playSotw({ versions: { CDS: { a: "1", b: "1" } } });
    table.ask("CDS");
    table.ack("CDS");
    table.move({ CDS: { a: "2", b: "2" } });
    expect(table.nack("CDS", "a: no")).toEqual(["CDS a@1 b@2"]);
    expect(table.answers()).toMatchObject([{ guilty: [{ name: "a", version: "2" }] }]);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.move({ CDS: { a: "3", b: "2" } })).toEqual(["CDS a@3 b@2"]);
  });

  test("that is rejected whole is followed by what holds, so that the proxy's version tells the truth", () => {
    const table = playSotw({ versions: { LDS: { l: "8" } } });
    table.ask("LDS");
    table.ack("LDS");
    table.move({ LDS: { l: "9" } });
    expect(table.nack("LDS", "no")).toEqual(["LDS l@8"]);
    expect(table.ack("LDS")).toEqual([]);
  });
});

describe("a list of names", () => {
  test("means all when it is empty from the start, for clusters and listeners alone", () => {
    const table = playSotw({ versions: { CDS: { a: "1" }, RDS: { r: "1" } } });
    expect(table.ask("CDS")).toEqual(["CDS a@1"]);
    expect(table.ask("RDS")).toEqual([]);
    expect(table.ack("CDS", [])).toEqual([]);
    expect(table.move({ CDS: { a: "1", b: "1" }, RDS: { r: "1" } })).toEqual(["CDS a@1 b@1"]);
  });

  test("means none when it is empty after names", () => {
    const table = playSotw({ versions: { CDS: { a: "1", b: "1" } } });
    expect(table.ask("CDS", { names: ["a"] })).toEqual(["CDS a@1"]);
    expect(table.ack("CDS", [])).toEqual([]);
    expect(table.move({ CDS: { a: "2", b: "2" } })).toEqual([]);
  });

  test("with a star means all, and ends it when the star is gone", () => {
    const table = playSotw({ versions: { CDS: { a: "1", b: "1" } } });
    expect(table.ask("CDS", { names: ["*"] })).toEqual(["CDS a@1 b@1"]);
    table.ack("CDS", ["a"]);
    expect(table.move({ CDS: { a: "1", b: "2" } })).toEqual([]);
  });

  test("that grows is answered with what is new in it", () => {
    const table = playSotw({ versions: { EDS: { a: "1", b: "1" } } });
    expect(table.ask("EDS", { names: ["a"] })).toEqual(["EDS a@1"]);
    expect(table.ack("EDS", ["a", "b"])).toEqual(["EDS b@1"]);
    expect(table.ack("EDS")).toEqual([]);
    expect(table.newest("EDS")?.holds).toEqual(new Map([["a", "1"], ["b", "1"]]));
  });

  test("with a stale nonce counts, and acknowledges nothing", () => {
    const table = playSotw({ versions: { EDS: { a: "1", b: "1" } } });
    table.ask("EDS", { names: ["a"] });
    expect(table.ask("EDS", { nonce: "0", names: ["a", "b"] })).toEqual([]);
    expect(table.answers()).toEqual([]);
    expect(table.ack("EDS")).toEqual(["EDS b@1"]);
  });

  test("that names what is not there waits for it", () => {
    const table = playSotw({ versions: {} });
    expect(table.ask("ECDS", { names: ["f"] })).toEqual([]);
    expect(table.move({ ECDS: { f: "1" } })).toEqual(["ECDS f@1"]);
  });

  test("keeps what it has though the target has it no more", () => {
    const table = playSotw({ versions: { ECDS: { f: "1" } } });
    table.ask("ECDS", { names: ["f"] });
    table.ack("ECDS");
    expect(table.move({})).toEqual([]);
    expect(table.move({ ECDS: { f: "1" } })).toEqual([]);
  });
});

describe("a version brought along", () => {
  const versions = { a: "1", b: "1" };

  test("that is the target's means that nothing is sent", () => {
    const table = playSotw({ versions: { EDS: versions } });
    expect(table.ask("EDS", { names: ["b", "a"], version: versionAfter(["a", "b"], versions) })).toEqual([]);
    expect(table.move({ EDS: { a: "1", b: "2" } })).toEqual(["EDS b@2"]);
  });

  test("of fewer names, or of other contents, means that all is sent", () => {
    const table = (version: string) => playSotw({ versions: { EDS: versions } }).ask("EDS", { names: ["a", "b"], version });
    expect(table(versionAfter(["a"], versions))).toEqual(["EDS a@1 b@1"]);
    expect(table(versionAfter(["a", "b"], { a: "1", b: "0" }))).toEqual(["EDS a@1 b@1"]);
    expect(table("from another server")).toEqual(["EDS a@1 b@1"]);
  });

  test("that is remembered means that only the difference is sent, and that nothing in use goes", () => {
    const recall = (type: string, version: string) => (version === "old" ? new Map(type === "CDS" ? [["a", "1"], ["c", "1"]] : [["l", "1"]]) : undefined);
    const table = playSotw({ versions: { CDS: { b: "1" }, LDS: { l: "2" } }, needs, recall });
    expect(table.ask("CDS", { version: "old" })).toEqual(["CDS a@1 b@1 c@1"]);
    expect(table.ask("LDS", { version: "old" })).toEqual([]);
    expect(table.ack("CDS")).toEqual(["CDS a@1 b@1", "LDS l@2"]);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.ack("LDS")).toEqual(["CDS b@1"]);
  });

  test("claims nothing of what a rejected response left in doubt", () => {
    const table = playSotw({ versions: { EDS: versions } });
    table.ask("EDS", { names: ["a", "b"] });
    table.ack("EDS");
    table.move({ EDS: { a: "2", b: "2" } });
    expect(table.nack("EDS", "bad")).toEqual(["EDS a@2"]);
    expect(table.newest("EDS")?.holds).toEqual(new Map([["a", "2"]]));
    expect(table.version("EDS")).not.toBe(versionAfter(["a", "b"], { a: "2", b: "1" }));
    expect(table.version("EDS")).not.toBe(versionAfter(["a"], { a: "2" }));
    expect(table.ack("EDS")).toEqual(["EDS b@2"]);
    expect(table.version("EDS")).toBe(versionAfter(["a", "b"], { a: "2", b: "2" }));
  });

  test("does not depend on the order of names", () => {
    expect(versionAfter(["a", "b"], versions)).toBe(versionAfter(["b", "a"], { b: "1", a: "1" }));
  });
});

describe("a changed cluster", () => {
  test("is followed by its assignment at once, equal or not", () => {
    const table = playSotw({ versions: { CDS: { a: "1", b: "1" }, EDS: { a: "1", b: "1" } } });
    table.ask("CDS");
    table.ask("EDS", { names: ["a", "b"] });
    table.ack("EDS");
    table.ack("CDS");
    expect(table.move({ CDS: { a: "2", b: "1" }, EDS: { a: "1", b: "1" } })).toEqual(["CDS a@2 b@1", "EDS a@1"]);
  });
});
