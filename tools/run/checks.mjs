import { capture, run } from "./child.mjs";
import { assertFresh } from "./generated.mjs";
import { inWords, sum, tallyOfExit, tallyOfTests } from "./tally.mjs";

/** Folders that hold code. */
const roots = ["libs", "services", "cli", "demo", "bench", "tools"];
const tiers = ["unit", "envoy", "backbone", "cluster", "netns", "failure"];

export const types = () => run(["tsc", "-p", ".", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/types.json"]);
export const lint = (args = []) => run(["oxlint", "--type-aware", "--deny-warnings", ...args]);
export const boundaries = () => run(["depcruise", "--config", ".dependency-cruiser.cjs", ...roots]);

/**
 * Runs all checks, whatever the earlier ones said, and ends with a table of minutes and one tally line.
 * Gives 0 only when something passed and nothing failed.
 */
export async function check(envoy) {
  const rows = [];
  for (const { name, work } of checksWith(envoy)) {
    console.log(`\n== ${name}`);
    const start = performance.now();
    const tally = await work();
    rows.push({ name, tally, minutes: (performance.now() - start) / 60_000 });
  }
  return report(rows);
}

function checksWith(envoy) {
  const one = (work) => async () => tallyOfExit(await work());
  return [
    { name: "types", work: one(types) },
    { name: "lint", work: one(lint) },
    { name: "boundaries", work: one(boundaries) },
    ...tiers.map((tier) => ({ name: `tests: ${tier}`, work: () => testTier(tier, envoy) })),
    { name: "fresh", work: one(assertFresh) },
  ];
}

async function testTier(tier, envoy) {
  const onText = (text) => process.stdout.write(text);
  const { code, text } = await capture(["vitest", "run", "--project", tier], { extra: envoy, onText });
  return tallyOfTests(text, code);
}

function report(rows) {
  console.log("");
  for (const { name, tally, minutes } of rows) {
    console.log(`${name.padEnd(14)} ${minutes.toFixed(2).padStart(6)} min   ${inWords(tally)}`);
  }
  const total = sum(rows.map((row) => row.tally));
  console.log(inWords(total));
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
