import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { writeInPlace } from "../src/write-in-place.ts";

describe("a file that is written in place", () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-in-place-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  test.each([["longer", "a\nb\n", "a\nb\nc\n"], ["shorter", "a\nb\nc\n", "a\n"], ["new", undefined, "a\n"], ["empty", "a\n", ""]])("is %s afterwards", (what, before, after) => {
    const path = join(dir, what);
    if (before !== undefined) writeInPlace(path, before);
    writeInPlace(path, after);
    expect(readFileSync(path, "utf8")).toBe(after);
  });

  test("always has the lines that stay, for who reads it meanwhile", async () => {
    const path = join(dir, "read-meanwhile");
    const texts = ["one localhost\ntwo web\n", "one localhost\n", `one localhost\n${"three shop\n".repeat(200)}`];
    writeInPlace(path, "one localhost\n");
    const reader = new Worker(reading, { eval: true, workerData: path });
    const { promise, resolve } = Promise.withResolvers<{ readonly reads: number; readonly wrong: readonly string[] }>();
    reader.on("message", resolve);
    await new Promise((begun) => reader.once("online", begun));
    for (let turn = 0; turn < 20_000; turn += 1) writeInPlace(path, texts[turn % texts.length] ?? "");
    reader.postMessage("enough");
    const { reads, wrong } = await promise;
    expect({ read: reads > 0, wrong }).toEqual({ read: true, wrong: [] });
    await reader.terminate();
  });
});

/** Reads until told to stop; wrong is what has not the first line. */
const reading = `
const { parentPort, workerData } = require("node:worker_threads");
const { readFileSync } = require("node:fs");
let reads = 0, stop = false;
const wrong = new Set();
parentPort.on("message", () => (stop = true));
const turn = () => {
  for (let i = 0; i < 100; i += 1) {
    const text = readFileSync(workerData, "utf8");
    reads += 1;
    if (!text.startsWith("one localhost\\n")) wrong.add(text.slice(0, 80));
  }
  if (stop) parentPort.postMessage({ reads, wrong: [...wrong] });
  else setImmediate(turn);
};
turn();
`;
