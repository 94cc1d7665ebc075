import type { Log } from "@osm/runtime";
import { expect, test } from "vitest";
import { BusError, untilReachable, type BusErrorCode } from "../src/index.ts";

function trying() {
  const stop = new AbortController();
  const warned: string[] = [];
  const quiet = () => undefined;
  const log: Log = { debug: quiet, info: quiet, warn: (_fields, message) => void warned.push(message), error: quiet };
  return { stop, warned, options: { log, signal: stop.signal } };
}

/** Fails so many times, then answers with the number of the attempt. */
function failing(times: number, code: BusErrorCode) {
  let attempts = 0;
  return async () => {
    attempts++;
    if (attempts <= times) throw new BusError(code, "no");
    return attempts;
  };
}

test.each(["Unavailable", "Timeout", "Full"] as const)("what passes by itself (%s) is waited out, and told each time", async (code) => {
  const { options, warned } = trying();
  expect(await untilReachable(failing(2, code), options)).toBe(3);
  expect(warned).toEqual(["bus takes nothing, tried again", "bus takes nothing, tried again"]);
});

test("what does not pass is thrown at once", async () => {
  const { options, warned } = trying();
  await expect(untilReachable(failing(1, "PayloadTooLarge"), options)).rejects.toThrow(BusError);
  await expect(untilReachable(() => Promise.reject(new Error("ours")), options)).rejects.toThrow("ours");
  expect(warned).toEqual([]);
});

test("an abort ends it, between attempts and during one", async () => {
  const { stop, options } = trying();
  const job = async () => {
    stop.abort();
    throw new BusError("Refused", "the connection closed");
  };
  expect(await untilReachable(job, options)).toBeUndefined();
  expect(await untilReachable(async () => "never asked", options)).toBeUndefined();
});
