import { run } from "./child.mjs";
import { assertFresh } from "./generated.mjs";
import { Missing, note } from "./progress.mjs";
import { inWords, sum, tallyOfExit } from "./tally.mjs";
import { inLanes, namedLines, testTier, tiers } from "./tiers.mjs";

/** Folders that hold code. */
const roots = ["libs", "services", "cli", "demo", "bench", "tools"];

export const types = () => run(["tsc", "-p", ".", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/types.json"]);
export const lint = (args = []) => run(["oxlint", "--type-aware", "--deny-warnings", ...args]);
export const boundaries = () => run(["depcruise", "--config", ".dependency-cruiser.cjs", ...roots]);

/**
 * Runs all checks, whatever the earlier ones said, and ends with a table of minutes and one tally line.
 * Gives 0 only when something passed and nothing failed.
 * @param {{ readonly tools: object, readonly cluster: Promise<object>, readonly lanes: 1 | 2 }} given environment that names what tests start; how many tiers may run beside one another
 */
export async function check(given) {
  const began = performance.now();
  const rows = [];
  for (const [name, work] of Object.entries({ types, lint, boundaries })) rows.push(await timed(name, announced(name, work)));
  rows.push(...(await allTiers(given)));
  rows.push(await timed("fresh", announced("fresh", assertFresh)));
  return report(rows, performance.now() - began);
}

/** The same of all tests alone. */
export async function testAll(given) {
  const began = performance.now();
  return report(await allTiers(given), performance.now() - began);
}

function allTiers(given) {
  return inLanes(tiers, { lanes: given.lanes, work: (tier) => timed(`tests: ${tier.name}`, () => tested(tier, given)) });
}

async function timed(name, work) {
  const start = performance.now();
  const tally = await work();
  return { name, tally, minutes: (performance.now() - start) / 60_000 };
}

function announced(name, work) {
  return async () => {
    console.log(`\n== ${name}`);
    return tallyOfExit(await work());
  };
}

/** A tier whose programs cannot be had is a failure, said in a sentence. */
async function tested(tier, { tools, cluster, lanes }) {
  const out = (text) => void process.stdout.write(text);
  const { print, end } = lanes === 1 ? { print: out, end: () => {} } : namedLines(tier.name, out);
  try {
    const extra = { ...tools, ...(tier.ofCluster ? await cluster : {}) };
    console.log(`\n== tests: ${tier.name}`);
    return await testTier(tier.name, { extra, print });
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    note(`tests: ${tier.name}: ${error.message}`);
    return tallyOfExit(1);
  } finally {
    end();
  }
}

function report(rows, took) {
  console.log("");
  for (const { name, tally, minutes } of rows) {
    console.log(`${name.padEnd(15)} ${minutes.toFixed(2).padStart(6)} min   ${inWords(tally)}`);
    for (const why of tally.skips ?? []) console.log(`${" ".repeat(28)}skipped: ${why}`);
  }
  const total = sum(rows.map((row) => row.tally));
  console.log(`${"in all".padEnd(15)} ${(took / 60_000).toFixed(2).padStart(6)} min`);
  console.log(inWords(total));
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
