import { capture } from "./child.mjs";
import { skipsOf, tallyOfTests } from "./tally.mjs";

/**
 * The tiers of tests, quick ones first. Those `ofCluster` start programs of Kubernetes, which are built beside the others where
 * they are not there yet. One that is `alone` holds what it sees against a time, so nothing runs beside it.
 */
export const tiers = [
  { name: "unit" },
  { name: "envoy" },
  { name: "backbone" },
  { name: "cluster", ofCluster: true },
  { name: "netns" },
  { name: "story" },
  { name: "node", ofCluster: true },
  { name: "failure", ofCluster: true, alone: true },
];

/**
 * Does the work for each and gives the results in their order. Two at a time: one lane takes from the front, the other from the
 * back, where the long ones are; those that are alone come after all others.
 * @template Tier, Result
 * @param {readonly (Tier & { readonly alone?: boolean })[]} all
 * @param {{ readonly lanes: 1 | 2, readonly work: (tier: Tier) => Promise<Result> }} how
 */
export async function inLanes(all, { lanes, work }) {
  const results = new Map();
  const waiting = all.filter(({ alone }) => !alone);
  const lane = async (next) => {
    for (let tier = next(); tier !== undefined; tier = next()) results.set(tier, await work(tier));
  };
  await Promise.all([() => waiting.shift(), () => waiting.pop()].slice(0, lanes).map(lane));
  for (const tier of all) if (!results.has(tier)) results.set(tier, await work(tier));
  return all.map((tier) => results.get(tier));
}

/** Runs the tests of a tier and gives their tally, with why any were skipped; what they print comes out through `print` as it comes. */
export async function testTier(name, { extra, print }) {
  const { code, text } = await capture(["vitest", "run", "--project", name], { extra, onText: print });
  return { ...tallyOfTests(text, code), skips: skipsOf(text) };
}

/** A printer that puts a name before each line, so that a reader can tell two that print at the same time; `end` prints what has no end of line. */
export function namedLines(name, print) {
  let rest = "";
  const line = (text) => print(`${name.padEnd(8)} | ${text}\n`);
  return {
    print: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const each of lines) line(each);
    },
    end: () => {
      if (rest !== "") line(rest);
      rest = "";
    },
  };
}
