import { homedir } from "node:os";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";

/** Top of the tree. */
export const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where downloads are kept between runs: outside the tree, so that a fresh clone finds them. */
export const cache = resolve(env.OSM_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "osm"));

export const toolBin = join(top, "node_modules", ".bin");

export const inCi = env.CI === "true" || env.CI === "1";

export const isRoot = process.getuid?.() === 0;

/** PATH of everything we start: the tree's own tools first; `ip` and `iptables` are found by ordinary users too. */
export const searchPath = [toolBin, env.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter);

/** The first executable file of that name on the path, or undefined. */
export function which(name) {
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
