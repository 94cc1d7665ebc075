import { lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "@osm/runtime";
import { Unusable } from "../unusable.ts";

/** Ours alone: what lies in a folder that others may write to is not run. @throws Unusable for one that is not */
export async function ownFolder(env: Env): Promise<string> {
  // A user of a container may have no entry: only the number is certain.
  const user = process.getuid?.() ?? -1;
  const wanted = env["OSM_CACHE"] ?? (env["XDG_CACHE_HOME"] ? join(env["XDG_CACHE_HOME"], "osm") : env["HOME"] ? join(env["HOME"], ".cache", "osm") : join(tmpdir(), `osm-${user}`));
  try {
    await mkdir(wanted, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Unusable(`${wanted} cannot be made, and Helm is to be unpacked there: name another folder with OSM_CACHE`, { cause });
  }
  const found = await lstat(wanted);
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o022) !== 0) throw new Unusable(`others may write to ${wanted}, so nothing from it is run: chmod go-w it, or name another folder with OSM_CACHE`);
  return wanted;
}
