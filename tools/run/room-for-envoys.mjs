import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { inCi, isRoot } from "./places.mjs";
import { note } from "./progress.mjs";

/** How many each user of the machine may have; an Envoy takes six of those of its own. */
const limit = "/proc/sys/fs/inotify/max_user_instances";
/** Of Linux' usual 128 the Envoys of one tier have enough, those of two have not. */
const forTwoTiers = 512;
const memoryForTwoTiers = 12 * 2 ** 30;

/**
 * How many tiers of tests may run beside one another here: two where there are processors, memory and room for the Envoys of both.
 * In CI, as root, it makes that room, until the machine starts anew.
 */
export async function lanesHere() {
  if (availableParallelism() < 2 || totalmem() < memoryForTwoTiers) return 1;
  return (await hasRoom()) || (await makeRoom()) ? 2 : 1;
}

async function hasRoom() {
  return Number(await readFile(limit, "utf8").catch(() => "0")) >= forTwoTiers;
}

async function makeRoom() {
  if (!inCi || !isRoot) return false;
  const made = await writeFile(limit, `${forTwoTiers}\n`).then(() => true, () => false);
  if (made) note(`fs.inotify.max_user_instances is ${forTwoTiers} now: two tiers have more Envoys than the usual 128 are enough for`);
  return made;
}
