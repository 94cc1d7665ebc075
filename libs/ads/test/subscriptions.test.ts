import { describe, expect, test } from "vitest";
import { holds, newStream, step } from "../src/index.ts";
import { play, settled } from "./table.ts";

describe("a wildcard subscription", () => {
  test("gets everything on an empty first request, and nothing more after the ACK", () => {
    const table = play({ CDS: { a: "1", b: "1" } });
    expect(table.ask("CDS")).toEqual(["CDS +a@1 +b@1"]);
    expect(table.isSettled()).toBe(false);
    expect(table.ack("CDS")).toEqual([]);
    expect(table.isSettled()).toBe(true);
  });

  test("gets an answer even when there is nothing, since a fresh proxy waits for one", () => {
    const table = play({});
    expect(table.ask("LDS")).toEqual(["LDS"]);
    expect(table.ack("LDS")).toEqual([]);
  });

  test("gets no empty answer while something is pending", () => {
    const table = play({ CDS: { a: "pending" } });
    expect(table.ask("CDS")).toEqual([]);
    expect(table.move({ CDS: { a: "1" } })).toEqual(["CDS +a@1"]);
  });

  test("gets nothing on a new stream when what it holds is right", () => {
    const table = play({ CDS: { a: "1" }, LDS: { l: "1" } });
    expect(table.ask("CDS", { initial: new Map([["a", "1"]]) })).toEqual([]);
    expect(table.ask("LDS", { initial: new Map([["l", "1"]]) })).toEqual([]);
    expect(table.isSettled()).toBe(true);
    expect(table.sent()).toEqual([]);
  });

  test("gets only what changed meanwhile on a new stream, and loses what is gone", () => {
    const table = play({ LDS: { l: "2", m: "1", n: "1" } });
    expect(table.ask("LDS", { initial: new Map([["l", "1"], ["m", "1"], ["k", "1"]]) })).toEqual(["LDS +l@2 +n@1 -k"]);
  });

  test("starts and ends with an explicit star, beside names of its own", () => {
    const table = play({ CDS: { a: "1", b: "1" } });
    expect(table.ask("CDS", { subscribe: ["a"] })).toEqual(["CDS +a@1"]);
    expect(table.ack("CDS", { subscribe: ["*"] })).toEqual(["CDS +b@1"]);
    expect(table.ack("CDS", { unsubscribe: ["*"] })).toEqual([]);
    expect(table.move({ CDS: { a: "2", b: "2" } })).toEqual(["CDS +a@2"]);
  });

  test("sends a name again that is unsubscribed below it", () => {
    const table = play({ CDS: { a: "1" } });
    table.ask("CDS", { subscribe: ["*", "a"] });
    expect(table.ack("CDS", { unsubscribe: ["a"] })).toEqual(["CDS +a@1"]);
  });

  test("is not what an empty first request for routes means", () => {
    const table = play({ RDS: { r: "1" } });
    expect(table.ask("RDS")).toEqual([]);
  });
});

describe("a named subscription", () => {
  test("gets what it names, and what it names later", () => {
    const table = play({ EDS: { a: "1", b: "1", c: "1" } });
    expect(table.ask("EDS", { subscribe: ["a"] })).toEqual(["EDS +a@1"]);
    expect(table.ask("EDS", { subscribe: ["b"] })).toEqual([]);
    expect(table.ack("EDS")).toEqual(["EDS +b@1"]);
    expect(table.ack("EDS")).toEqual([]);
    expect(holds(table.state(), table.target(), { type: "EDS", name: "b" })).toBe("1");
    expect(holds(table.state(), table.target(), { type: "EDS", name: "c" })).toBeUndefined();
  });

  test("is told once of what does not exist, and gets it when it does", () => {
    const table = play({});
    expect(table.ask("SDS", { subscribe: ["trust"] })).toEqual(["SDS -trust"]);
    expect(table.ack("SDS")).toEqual([]);
    expect(table.move({ SDS: { trust: "1" } })).toEqual(["SDS +trust@1"]);
  });

  test("waits for what is pending", () => {
    const table = play({ SDS: { identity: "pending" } });
    expect(table.ask("SDS", { subscribe: ["identity"] })).toEqual([]);
    expect(table.isSettled()).toBe(true);
    expect(table.move({ SDS: { identity: "1" } })).toEqual(["SDS +identity@1"]);
  });

  test("keeps what it has while its successor is pending", () => {
    const table = settled({ SDS: { identity: "1" } });
    expect(table.move({ SDS: { identity: "pending" } })).toEqual([]);
    expect(holds(table.state(), table.target(), { type: "SDS", name: "identity" })).toBe("1");
    expect(table.move({ SDS: { identity: "1" } })).toEqual([]);
  });

  test("is answered again when a held name is asked for again", () => {
    const table = settled({ EDS: { a: "1" } });
    expect(table.ask("EDS", { subscribe: ["a"] })).toEqual(["EDS +a@1"]);
    table.ack("EDS");
    expect(table.ask("EDS", { unsubscribe: ["a"], subscribe: ["a"] })).toEqual(["EDS +a@1"]);
    expect(table.ack("EDS")).toEqual([]);
  });

  test("is answered again when the question crossed an answer", () => {
    const table = play({ EDS: { a: "1" } });
    table.ask("EDS", { subscribe: ["a"] });
    expect(table.ask("EDS", { subscribe: ["a"] })).toEqual([]);
    expect(table.ack("EDS")).toEqual(["EDS +a@1"]);
    expect(table.ack("EDS")).toEqual([]);
  });

  test("hears nothing more after it ends", () => {
    const table = settled({ EDS: { a: "1", b: "1" } });
    expect(table.ask("EDS", { unsubscribe: ["a"] })).toEqual([]);
    expect(table.move({ EDS: { a: "2", b: "1" } })).toEqual([]);
  });

  test("says what it holds on the first request only", () => {
    const table = play({ EDS: { a: "1", b: "1" } });
    expect(table.ask("EDS", { subscribe: ["a"], initial: new Map([["a", "1"]]) })).toEqual([]);
    expect(table.ask("EDS", { subscribe: ["b"], initial: new Map([["b", "1"]]) })).toEqual(["EDS +b@1"]);
  });
});

describe("responses", () => {
  test("are one in flight a type; what happens meanwhile merges, newest wins", () => {
    const table = settled({ EDS: { a: "1", b: "1" } });
    expect(table.move({ EDS: { a: "2", b: "1" } })).toEqual(["EDS +a@2"]);
    expect(table.move({ EDS: { a: "3", b: "1" } })).toEqual([]);
    expect(table.move({ EDS: { a: "4", b: "2" } })).toEqual([]);
    expect(table.ack("EDS")).toEqual(["EDS +a@4 +b@2"]);
  });

  test("are made good when the target went back while they were in flight", () => {
    const table = settled({ EDS: { a: "1" } });
    table.move({ EDS: { a: "2" } });
    expect(table.move({ EDS: { a: "1" } })).toEqual([]);
    expect(table.ack("EDS")).toEqual(["EDS +a@1"]);
  });

  test("have small nonces that grow", () => {
    const table = play({ CDS: { a: "1" }, EDS: { a: "1" } });
    table.ask("CDS");
    table.ask("EDS", { subscribe: ["a"] });
    table.move({ CDS: { a: "2" }, EDS: { a: "1" } });
    table.ack("CDS");
    expect(table.sent().map(({ nonce }) => nonce)).toEqual(["1", "2", "3"]);
  });

  test("are not acknowledged by a stale nonce, whose subscriptions count all the same", () => {
    const table = play({ EDS: { a: "1", b: "1" } });
    table.ask("EDS", { subscribe: ["a"] });
    expect(table.ask("EDS", { nonce: "77", subscribe: ["b"] })).toEqual([]);
    expect(table.answers()).toEqual([]);
    expect(table.ask("EDS", { nonce: "77", error: "stale words" })).toEqual([]);
    expect(table.ack("EDS")).toEqual(["EDS +b@1"]);
  });

  test("never change the state they came from", () => {
    const table = settled({ EDS: { a: "1", b: "1" } });
    table.move({ EDS: { a: "2", b: "2" } });
    const before = table.state();
    const copy = structuredClone(before);
    table.nack("EDS", "a: no");
    table.ask("EDS", { unsubscribe: ["b"], subscribe: ["c"] });
    expect(before).toEqual(copy);
    const event = { kind: "retarget", changes: [{ type: "EDS", name: "a", from: "1" }] } as const;
    expect(step(before, event, table.target())).toEqual(step(before, event, table.target()));
    expect(newStream()).toEqual(newStream());
  });
});
