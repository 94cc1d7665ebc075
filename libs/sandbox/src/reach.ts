import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Directories that pods must reach although one above them is closed to other users. */
export interface Closed {
  /** The topmost closed directory above them, as /root. */
  readonly root: string;
  readonly paths: readonly string[];
}

/**
 * Sorts out which of the directories a pod's users could not reach by themselves.
 * @throws Error when one of them is itself closed to other users.
 */
export function closedAbove(directories: readonly string[]): readonly Closed[] {
  const paths = [...new Set(directories.map((path) => realpathSync(path)))];
  for (const path of paths) if (!isOpen(path)) throw new Error(`pods run as other users, to whom ${path} is closed: chmod a+rx it`);
  const closed = paths.filter((path) => closedRoot(path) !== undefined);
  return [...Map.groupBy(closed, (path) => closedRoot(path) ?? path)].map(([root, below]) => ({ root, paths: below.toSorted() }));
}

function closedRoot(path: string): string | undefined {
  const parent = dirname(path);
  if (parent === path) return undefined;
  return closedRoot(parent) ?? (isOpen(parent) ? undefined : parent);
}

function isOpen(directory: string): boolean {
  return (statSync(directory).mode & 0o001) !== 0;
}

/** Any directory that is always there and that no pod needs: mounts wait on it until their place is made. */
const staging = "/run/netns";

/**
 * Commands for a mount namespace that make the directories reachable under their own paths and hide all else below the
 * closed ones.
 */
export function reachCommands(closed: readonly Closed[]): readonly (readonly string[])[] {
  const paths = closed.flatMap((each) => each.paths);
  if (paths.length === 0) return [];
  const place = (path: string) => `${staging}/${paths.indexOf(path)}`;
  return [
    ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", staging],
    ...paths.flatMap((path) => [["mkdir", place(path)], ["mount", "--rbind", path, place(path)]]),
    ...closed.map(({ root }) => ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", root]),
    ...paths.flatMap((path) => [["mkdir", "-p", path], ["mount", "--rbind", place(path), path]]),
  ];
}
