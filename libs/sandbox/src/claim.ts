import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, processName, type ProcessName } from "./proc.ts";
import { isRouted, type Subnet } from "./subnet.ts";

/** What one sandbox says of itself while it lives. */
export interface Claim {
  readonly id: string;
  readonly owner: ProcessName;
  readonly dir: string;
  /** The file that says it. */
  readonly file: string;
}

/** @throws Error when the directory belongs to somebody else, who could then misdirect what is deleted. */
export function openStateDir(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(path);
  if (uid !== process.getuid?.()) throw new Error(`${path} belongs to user ${uid}, not to you: remove it`);
}

/**
 * Takes the first of the subnets that no other sandbox holds and no route covers. A subnet is held by a directory of its
 * name with the holder's file in it: renaming onto one that is not empty fails, so of two takers one wins.
 */
export function claimSubnet(stateDir: string, claim: { readonly id: string; readonly dir: string }, from: readonly Subnet[]): { readonly subnet: Subnet; readonly claim: Claim } {
  const staged = join(stateDir, `.${claim.id}`);
  mkdirSync(staged);
  writeFileSync(join(staged, claim.id), `${processName(process.pid) ?? ""}\n${claim.dir}\n`);
  const routes = readFileSync("/proc/net/route", "utf8");

  const subnet = from.find((each) => !isRouted(each, routes) && moved(staged, join(stateDir, each)));
  if (subnet === undefined) {
    rmSync(staged, { recursive: true });
    throw new Error("every network a sandbox may take is in use");
  }
  return { subnet, claim: readClaim(join(stateDir, subnet), claim.id) };
}

/** The claims whose owners are dead: what they made may still be there. */
export function deadClaims(stateDir: string): readonly Claim[] {
  const dirs = readdirSync(stateDir).filter((name) => !name.startsWith("."));
  const claims = dirs.flatMap((name) => claimsIn(join(stateDir, name)));
  return claims.filter(({ owner }) => !isAlive(owner));
}

function claimsIn(dir: string): readonly Claim[] {
  try {
    return readdirSync(dir).map((file) => readClaim(dir, file));
  } catch {
    // Its reaper was quicker.
    return [];
  }
}

function readClaim(dir: string, name: string): Claim {
  const file = join(dir, name);
  const [owner = "", of = ""] = readFileSync(file, "utf8").split("\n");
  return { id: name, owner, dir: of, file };
}

function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST")) return false;
    throw error;
  }
}
