import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs, runTasks, sleep, systemClock, version, type Task } from "../src/index.ts";

const untilAborted: Task = (signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("a group of tasks", () => {
  test("ends when all have ended", async () => {
    const ended: string[] = [];
    await runTasks(new AbortController().signal, async () => void ended.push("a"), async () => void ended.push("b"));
    expect(ended).toEqual(["a", "b"]);
  });

  test("throws the first error, after the others were told and are done", async () => {
    const ended: string[] = [];
    const slow: Task = async (signal) => {
      await untilAborted(signal).catch(() => undefined);
      await Promise.resolve();
      ended.push("slow");
      throw new Error("second");
    };
    await expect(runTasks(new AbortController().signal, slow, () => Promise.reject(new Error("first")))).rejects.toThrow("first");
    expect(ended).toEqual(["slow"]);
  });

  test("ends without an error when it is stopped from outside", async () => {
    const stop = new AbortController();
    const group = runTasks(stop.signal, untilAborted, untilAborted);
    stop.abort();
    await expect(group).resolves.toBeUndefined();
  });

  test("throws an error that happens while stopping", async () => {
    const stop = new AbortController();
    const group = runTasks(stop.signal, (signal) => untilAborted(signal).catch(() => Promise.reject(new Error("could not flush"))));
    stop.abort();
    await expect(group).rejects.toThrow("could not flush");
  });
});

describe("waiting", () => {
  test("ends early and quietly when the signal aborts", async () => {
    const stop = new AbortController();
    const asleep = sleep(3_600_000, stop.signal);
    stop.abort(new Error("stop"));
    await expect(asleep).resolves.toBeUndefined();
    await expect(sleep(3_600_000, stop.signal)).resolves.toBeUndefined();
  });

  test("ends when the time has come", async () => {
    await expect(sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  test("backs off within bounds, and further with each failure", () => {
    const backoff = { firstMs: 100, maxMs: 10_000 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const wait = backoffMs(backoff, failures, random);
        expect(wait).toBeGreaterThanOrEqual(50);
        expect(wait).toBeLessThanOrEqual(10_000);
        expect(backoffMs(backoff, failures + 1, random)).toBeGreaterThanOrEqual(wait);
      }),
    );
    expect([1, 2, 3, 100].map((failures) => backoffMs(backoff, failures, 0))).toEqual([50, 100, 200, 5000]);
  });

  test("on the machine's clock can be cancelled, and is bounded", async () => {
    const rang: string[] = [];
    systemClock.schedule(1, () => rang.push("cancelled"))();
    await new Promise<void>((resolve) => {
      systemClock.schedule(2, resolve);
    });
    expect(rang).toEqual([]);
    expect(() => systemClock.schedule(2 ** 31, () => undefined)).toThrow(RangeError);
  });
});

test("the version is that of the package", () => {
  const manifest: unknown = JSON.parse(readFileSync(`${import.meta.dirname}/../package.json`, "utf8"));
  expect(manifest).toMatchObject({ version });
});
