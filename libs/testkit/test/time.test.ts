import { describe, expect, test } from "vitest";
import { eventually, manualClock } from "../src/index.ts";

describe("a manual clock", () => {
  test("runs what falls due in order, each at its time, and what that schedules in turn", () => {
    const clock = manualClock(1000);
    const ran: string[] = [];
    const note = (what: string) => () => ran.push(`${what}@${clock.now()}`);
    clock.schedule(30, note("late"));
    clock.schedule(10, () => {
      note("first")();
      clock.schedule(5, note("chained"));
    });
    clock.schedule(10, note("second"));
    clock.schedule(20, note("cancelled"))();
    expect(ran).toEqual([]);
    clock.advance(29);
    expect(ran).toEqual(["first@1010", "second@1010", "chained@1015"]);
    expect(clock.now()).toBe(1029);
    clock.advance(1);
    expect(ran.at(-1)).toBe("late@1030");
  });
});

describe("eventually", () => {
  test("gives the first value that does not throw", async () => {
    let asked = 0;
    const value = await eventually(() => {
      asked += 1;
      if (asked < 3) throw new Error("not yet");
      return asked;
    }, { everyMs: 1 });
    expect(value).toBe(3);
  });

  test("gives up with the last error", async () => {
    await expect(eventually(() => Promise.reject(new Error("never")), { deadlineMs: 5, everyMs: 1 })).rejects.toThrow("never");
    await expect(eventually(() => Promise.reject(new Error("stopped")), { signal: AbortSignal.abort() })).rejects.toThrow("stopped");
  });
});
