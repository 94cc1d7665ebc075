import fc from "fast-check";
import { expect, test } from "vitest";
import { judge } from "./agreement.ts";
import { faults } from "./faults.ts";
import { randomWorld } from "./random-world.ts";

/** Worlds within which each fault must have shown. */
const numRuns = 3000;
const seed = 20_261_122;

// A property that nothing can fail says nothing: each fault is planted into what is compiled and has to be found.
test.for(Object.entries(faults))("%s", { timeout: 120_000 }, ([, fault]) => {
  const agrees = fc.property(randomWorld, (world) => judge(world, fault).disagreement === undefined);
  const { failed } = fc.check(agrees, { numRuns, seed, endOnFailure: true });
  expect(failed).toBe(true);
});
