import { readFileSync } from "node:fs";

/**
 * The user and group ids that a root user may give to its processes: as it likes, or none beside its own, which is how it is
 * in a user namespace of a single id.
 */
export type UserIds = "many" | "one";

/** All that a sandbox gives to a sidecar, an app or a database lies below. */
const highest = 65_534;

/** @param maps texts of /proc/self/uid_map and gid_map: first id inside, first id outside, how many */
export function userIdsOf(maps: readonly string[]): UserIds {
  return maps.every(coversAll) ? "many" : "one";
}

let known: UserIds | undefined;

/** Of this process; its namespace never changes. */
export function userIds(): UserIds {
  return (known ??= userIdsOf(["uid_map", "gid_map"].map((file) => readFileSync(`/proc/self/${file}`, "utf8"))));
}

function coversAll(map: string): boolean {
  const extents = map.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const ordered = extents.toSorted(([a = 0], [b = 0]) => a - b);
  let next = 0;
  for (const [inside = 0, , count = 0] of ordered) if (inside <= next) next = Math.max(next, inside + count);
  return next > highest;
}
