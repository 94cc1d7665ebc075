import { chmod, lstat, mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cache, isRoot } from "./places.mjs";
import { Missing } from "./progress.mjs";

const anyoneMayPass = 0o001;
const othersMayWrite = 0o022;

/**
 * A folder every user of the machine can reach into and only we can write: Envoy runs as a user of its own (uid 1500),
 * for which a cache below a closed home folder is out of reach.
 */
export async function openHome() {
  for (const home of homes()) {
    if (!(await letsAnyonePass(dirname(home)))) continue;
    await mkdir(home, { recursive: true });
    if (!(await isOurs(home))) continue;
    await chmod(home, 0o755);
    return home;
  }
  throw new Missing(`no folder for Envoy that other users can reach; set OSM_CACHE to one, or ENVOY_BIN to an Envoy`);
}

function homes() {
  const shared = isRoot ? ["/var/cache/osm"] : [];
  return [cache, ...shared, join(tmpdir(), `osm-${process.getuid()}`)];
}

/** True when each folder up to the root lets all users through; one that is not there yet will be made so. */
async function letsAnyonePass(folder) {
  const found = await stat(folder).catch(() => undefined);
  if (found !== undefined && (found.mode & anyoneMayPass) === 0) return false;
  return folder === dirname(folder) || (await letsAnyonePass(dirname(folder)));
}

/** A folder that another user made first, or can write to, could hold anything. */
async function isOurs(folder) {
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === process.getuid() && (found.mode & othersMayWrite) === 0;
}
