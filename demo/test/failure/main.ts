import { spawnSync } from "node:child_process";
import { processEnv } from "@osm/runtime";
import { faults, firstFaults } from "./faults.ts";
import { openPlace } from "./place.ts";
import { isBorne, lineOf } from "./report.ts";
import { playRound, startPairs } from "./round.ts";

// Faults, one after the other, on one mesh under one load. `--every` plays all, else one of each row; words name some of them.
// A line of JSON tells of each with `--json`; else a table. It ends with 1 when a request failed or a time was not kept.

const inside = "OSM_FAILURE_INSIDE";
const args = process.argv.slice(2);

/** What is cut is cut for nobody else. */
if (processEnv()[inside] === undefined) {
  const again = ["--pdeathsig", "KILL", "unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', process.execPath, ...process.argv.slice(1)];
  process.exit(spawnSync("setpriv", again, { stdio: "inherit", env: { ...processEnv(), [inside]: "yes" } }).status ?? 1);
}

const words = args.filter((each) => !each.startsWith("--"));
const chosen = words.length > 0 ? faults.filter(({ name }) => words.some((word) => name.includes(word))) : args.includes("--every") ? faults : firstFaults;
const startedAt = Date.now();
await using place = await openPlace();
const pairs = await startPairs(place);
say(`mesh and load are up  [${Date.now() - startedAt} ms]`);
let bad = 0;
for (const [number, fault] of chosen.entries()) {
  const borne = await Promise.race([playRound({ place, pairs, fault, number }), place.mesh.done.then(() => fail("the mesh has ended")), givenUp(fault.name)]);
  if (!isBorne(borne)) bad++;
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(borne)}\n`);
  else say(lineOf(borne));
}
for (const load of pairs) await load.stop();
say(`${chosen.length} faults, ${bad} not borne, ${Math.round((Date.now() - startedAt) / 1000)} s`);
process.exitCode = bad === 0 ? 0 : 1;

/** Whoever waits for longer waits for ever: what comes after would be played on a mesh that is broken. */
async function givenUp(name: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, 120_000).unref());
  return fail(`${name}: not over after two minutes`);
}

function fail(message: string): never {
  throw new Error(message);
}

function say(line: string): void {
  if (!args.includes("--json")) process.stdout.write(`${line}\n`);
}
