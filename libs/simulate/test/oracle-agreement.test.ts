import fc from "fast-check";
import { expect, test } from "vitest";
import { judge } from "./agreement.ts";
import { compiledWorld } from "./compiled-world.ts";
import { randomWorld } from "./random-world.ts";

// `OSM_WORLDS=10000 OSM_SEED=7 vitest run libs/simulate` looks at more worlds, or at the same ones again.
// In CI there are more of them, and always the same: a run there says something of the change and not of chance.
const isCi = process.env["CI"] === "true";
const numRuns = Number(process.env["OSM_WORLDS"] ?? (isCi ? 10_000 : 2000));
const seed = Number(process.env["OSM_SEED"] ?? (isCi ? 20_230_710 : Math.floor(Math.random() * 2 ** 31)));
const timeout = 600_000;

test(`what is compiled does what the rules say (seed ${seed}, ${numRuns} worlds)`, { timeout }, () => {
  const tally = { calls: 0, allowed: 0, parted: 0, outside: 0, greeted: 0, ungreeted: 0 };
  const agrees = fc.property(randomWorld, (world) => {
    const { owed, greetings, disagreement } = judge(world);
    tally.calls += owed.length;
    tally.allowed += owed.filter(({ kind }) => kind === "allowed").length;
    tally.parted += owed.filter((outcome) => outcome.kind === "allowed" && outcome.shares.size > 1).length;
    tally.greeted += greetings.filter(({ kind }) => kind === "allowed").length;
    tally.ungreeted += greetings.filter(({ kind }) => kind === "refused").length;
    tally.outside += owed.filter(({ kind }) => kind === "outside").length;
    if (disagreement !== undefined) throw new Error(disagreement);
  });
  fc.assert(agrees, { numRuns, seed });
  // Worlds in which nobody may do anything would agree on everything.
  expect(tally.allowed).toBeGreaterThan(tally.calls / 50);
  expect(tally.parted).toBeGreaterThan(0);
  expect(tally.outside).toBeGreaterThan(0);
  expect(tally.greeted).toBeGreaterThan(0);
  expect(tally.ungreeted).toBeGreaterThan(0);
});

test(`the order of objects changes no byte (seed ${seed})`, { timeout }, () => {
  const reordered = randomWorld.chain(({ objects }) => fc.tuple(fc.constant(objects), fc.shuffledSubarray([...objects], { minLength: objects.length })));
  const isSame = fc.property(reordered, ([objects, shuffled]) => {
    expect(outputOf(shuffled)).toEqual(outputOf(objects));
  });
  fc.assert(isSame, { numRuns: Math.ceil(numRuns / 10), seed });
});

/** Digests stand for bytes; findings and proxies have none. */
function outputOf(objects: readonly object[]) {
  const { views, proxies, resources, assignments, findings } = compiledWorld(objects).compiled;
  return { views, proxies, findings, resources: [...resources.keys()], assignments: assignments.map(({ name, digest }) => `${name} ${digest}`) };
}
