import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Top of the tree. */
export const top = dirname(dirname(import.meta.dirname));

/** Where programs and images are kept between runs. */
export const cache = resolve(process.env["OSM_CACHE"] || join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "osm"));

/** The version of the tree, which is the tag of its images. */
export const version = versionOf(readFileSync(join(top, "package.json"), "utf8"));

function versionOf(manifest: string): string {
  const found = /"version": "([^"]+)"/.exec(manifest)?.[1];
  if (found === undefined) throw new Error("package.json names no version");
  return found;
}
