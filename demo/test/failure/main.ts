import { spawnSync } from "node:child_process";
import { processEnv } from "@osm/runtime";
import { faults, firstFaults, type Fault } from "./faults.ts";
import { openPlace, type Ground } from "./place.ts";
import { isBorne, lineOf } from "./report.ts";
import { playRound, startPairs } from "./round.ts";

// Faults, one after the other, on one mesh under one load. `--every` plays all, else one of each row; words name some of them.
// A line of JSON tells of each with `--json`; else a table. It ends with 1 when a request failed or a time was not kept.

const patienceMs = 120_000;
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
let [number, bad] = [0, 0];
for (const ground of ["folders", "kubernetes", "shared"] as const) {
  const here = chosen.filter(({ on = "folders" }) => on === ground);
  if (here.length > 0) await playOn(ground, here);
}
say(`${chosen.length} faults, ${bad} not borne, ${Math.round((Date.now() - startedAt) / 1000)} s`);
process.exitCode = bad === 0 ? 0 : 1;

async function playOn(ground: Ground, here: readonly Fault[]): Promise<void> {
  const begunAt = Date.now();
  await using place = await openPlace(ground);
  const pairs = await startPairs(place);
  say(`mesh and load are up on ${ground}  [${Date.now() - begunAt} ms]`);
  for (const fault of here) {
    const borne = await Promise.race([playRound({ place, pairs, fault, number: number++ }), place.failed, place.mesh.done.then(() => fail("the mesh has ended")), givenUp(fault)]);
    if (!isBorne(borne)) bad++;
    if (args.includes("--json")) process.stdout.write(`${JSON.stringify(borne)}\n`);
    else say(lineOf(borne));
  }
  for (const load of pairs) await load.stop();
}

/** Whoever waits for longer waits for ever: what comes after would be played on a mesh that is broken. */
async function givenUp({ name, withinMs }: Fault): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, withinMs + patienceMs).unref());
  return fail(`${name}: not over two minutes after its time`);
}

function fail(message: string): never {
  throw new Error(message);
}

function say(line: string): void {
  if (!args.includes("--json")) process.stdout.write(`${line}\n`);
}
