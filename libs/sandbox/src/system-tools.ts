import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { searchPath } from "./commands.ts";

/** What a sandbox calls, and the package of each. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  "iptables-restore": "iptables",
  nsenter: "util-linux",
  setpriv: "util-linux",
  unshare: "util-linux",
  mount: "mount",
  bash: "bash",
  sleep: "coreutils",
};

/** A sentence with its remedy for each that is not there. */
export function missingTools(): readonly string[] {
  return Object.entries(packages)
    .filter(([tool]) => !isOnPath(tool))
    .map(([tool, name]) => `The command ${tool} is missing: apt-get install ${name}`);
}

export function isOnPath(tool: string): boolean {
  return searchPath.split(":").some((dir) => mayAccess(join(dir, tool), constants.X_OK));
}

/** @param mode as of access(2) */
export function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
