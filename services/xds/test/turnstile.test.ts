import { manualClock } from "@osm/testkit";
import { expect, test } from "vitest";
import { createTurnstile, type EndTurn } from "../src/turnstile.ts";

function turnstile(wish: Partial<Parameters<typeof createTurnstile>[0]> = {}) {
  const clock = manualClock();
  const stile = createTurnstile({ most: 2, mostOfOne: 2, mostWaiting: 4, longestWaitMs: 1000, longestTurnMs: 300, schedule: clock.schedule, ...wish });
  const log: string[] = [];
  const turns = new Map<string, EndTurn>();
  const come = (name: string, signal?: AbortSignal) =>
    stile.enter(name.charAt(0), signal).then((turn) => {
      log.push(`${name} ${turn ? "in" : "away"}`);
      if (turn) turns.set(name, turn);
    });
  /** What has been decided until now, by name. */
  const heard = async () => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    return log.splice(0).toSorted();
  };
  return { clock, stile, come, heard, end: (name: string) => turns.get(name)?.() };
}

test("so many at a time, in the order they came", async () => {
  const { come, heard, end } = turnstile();
  for (const name of ["a1", "a2", "a3", "a4"]) void come(name);
  expect(await heard()).toEqual(["a1 in", "a2 in"]);
  end("a2");
  expect(await heard()).toEqual(["a3 in"]);
  end("a2");
  expect(await heard()).toEqual([]);
  end("a1");
  expect(await heard()).toEqual(["a4 in"]);
});

test("who comes alone waits for one of a crowd, not for all", async () => {
  const { come, heard, end } = turnstile();
  for (const name of ["a1", "a2", "a3", "a4", "a5", "b1"]) void come(name);
  expect(await heard()).toEqual(["a1 in", "a2 in"]);
  end("a1");
  expect(await heard()).toEqual(["a3 in"]);
  end("a2");
  expect(await heard()).toEqual(["b1 in"]);
});

test("a crowd of one place leaves a way for others at once", async () => {
  const { come, heard } = turnstile({ most: 3 });
  for (const name of ["a1", "a2", "a3", "b1"]) void come(name);
  expect(await heard()).toEqual(["a1 in", "a2 in", "b1 in"]);
});

test("who would be one too many is sent away at once; a crowd gives way to who comes alone", async () => {
  const { come, heard, stile } = turnstile();
  for (const name of ["a1", "a2", "a3", "a4", "a5", "a6", "a7"]) void come(name);
  expect(await heard()).toEqual(["a1 in", "a2 in", "a7 away"]);
  void come("b1");
  expect(await heard()).toEqual(["a6 away"]);
  expect(stile.waiting()).toBe(4);
});

test("nobody waits for longer than it is worth", async () => {
  const { come, heard, clock, stile } = turnstile({ longestTurnMs: 10_000 });
  for (const name of ["a1", "a2", "a3"]) void come(name);
  clock.advance(999);
  expect(await heard()).toEqual(["a1 in", "a2 in"]);
  clock.advance(1);
  expect(await heard()).toEqual(["a3 away"]);
  expect(stile.waiting()).toBe(0);
});

test("a turn that nobody ends is over by itself", async () => {
  const { come, heard, clock } = turnstile();
  for (const name of ["a1", "a2", "a3"]) void come(name);
  await heard();
  clock.advance(300);
  expect(await heard()).toEqual(["a3 in"]);
});

test("who has gone is not waited for, and takes no turn", async () => {
  const { come, heard, end, stile } = turnstile();
  const gone = new AbortController();
  for (const name of ["a1", "a2"]) void come(name);
  void come("a3", gone.signal);
  void come("a4");
  gone.abort();
  expect(await heard()).toEqual(["a1 in", "a2 in", "a3 away"]);
  end("a1");
  expect(await heard()).toEqual(["a4 in"]);
  void come("a5", gone.signal);
  expect(await heard()).toEqual(["a5 away"]);
  expect(stile.waiting()).toBe(0);
});
