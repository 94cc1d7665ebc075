import { setImmediate as turn } from "node:timers/promises";
import type { ManualClock } from "@osm/testkit";

/** Lets time pass on a clock, in steps in which everybody gets to do what there is to do, until the check holds. */
export async function untilTimePassed(clock: ManualClock, holds: () => boolean | Promise<boolean>, stepMs = 50): Promise<number> {
  const start = clock.now();
  while (!(await holds())) {
    clock.advance(stepMs);
    for (let turns = 0; turns < 20; turns++) await turn();
    if (clock.now() - start > 60_000) throw new Error("a minute passed, and it does not hold");
  }
  return clock.now() - start;
}
