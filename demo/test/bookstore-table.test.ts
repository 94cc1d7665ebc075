import { expect, test } from "vitest";
import { counterTable } from "../src/bookstore/counter-table.ts";
import { sumByIdentity, type AppCounters } from "../src/bookstore/counters.ts";
import { createDisplay } from "../src/bookstore/show-counters.ts";

const buyer = (bought: number, refused: number, answers: AppCounters["answers"] = {}): AppCounters => ({
  app: "bookbuyer", identity: "bookbuyer", counters: { booksBought: bought, booksBoughtV1: bought, booksBoughtV2: 0, refused }, answers,
});
const thief = (refused: number, answers: AppCounters["answers"] = {}): AppCounters => ({
  app: "bookthief", identity: "bookthief", counters: { booksStolen: 0, booksStolenV1: 0, booksStolenV2: 0, refused }, answers,
});
const warehouse: AppCounters = { app: "bookwarehouse", identity: "bookwarehouse", counters: { restocked: 12, refused: 0 }, answers: {} };

test("shows what each app counted, and how much it grew", () => {
  const before = [buyer(9, 0, { 200: 18 }), thief(8, { 403: 8 })];
  const now = [buyer(12, 0, { 200: 24 }), thief(10, { 403: 9, ECONNRESET: 1 }), warehouse];
  expect(counterTable(now, before)).toEqual([
    "app              books       v1  v2  refused  last answers",
    "bookbuyer      12 (+3)  12 (+3)   0        0  200",
    "bookthief            0        0   0  10 (+2)  403 ECONNRESET",
    "bookwarehouse       12                     0",
  ]);
});

test("shows no growth at first, nor after counting began anew", () => {
  expect(counterTable([buyer(9, 3)])[1]).toBe("bookbuyer      9   9   0        3");
  expect(counterTable([buyer(1, 0)], [buyer(9, 3)])[1]).toBe("bookbuyer      1   1   0        0");
});

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) };
}

test("redraws a table in place on a terminal, and leaves alone what was written after it was released", () => {
  const terminal = screen(true);
  const display = createDisplay(terminal);
  display.show([buyer(1, 0), thief(0)]);
  display.show([buyer(1, 0), thief(0)]);
  display.release();
  display.show([buyer(2, 0), thief(0)]);
  expect(terminal.written.map((text) => text.startsWith("\u001b[3A\u001b[0J"))).toEqual([false, true, false]);
  expect(terminal.written[2]).toMatch(/^app /);
});

test("writes plain lines elsewhere, and only when a number has moved", () => {
  const file = screen(false);
  const display = createDisplay(file);
  display.show([buyer(1, 0)]);
  display.show([buyer(1, 0)]);
  display.show([buyer(1, 1)]);
  expect(file.written).toHaveLength(2);
  expect(file.written.join("")).not.toContain("\u001b");
});

test("counts the replicas of one version together, and versions apart", () => {
  const store = (identity: string, sold: number): AppCounters => ({ app: "bookstore", identity, counters: { booksSold: sold, refused: 1 }, answers: { 200: sold } });
  expect(sumByIdentity([store("bookstore-v1", 3), store("bookstore-v2", 5), store("bookstore-v1", 4)])).toEqual([
    { app: "bookstore", identity: "bookstore-v1", counters: { booksSold: 7, refused: 2 }, answers: { 200: 7 } },
    { app: "bookstore", identity: "bookstore-v2", counters: { booksSold: 5, refused: 1 }, answers: { 200: 5 } },
  ]);
});
