import { proxyUid } from "@osm/inject";
import type { UserIds } from "./user-ids.ts";

/** What a pod's process is started with, so that it has its user's rights and no more. */
export interface TakenUser {
  /** Put before its own arguments. */
  readonly argv: readonly string[];
  /** The machine's: rules of the pod do not touch what it sends. */
  readonly network: "pod" | "machine";
}

export interface Asked {
  /** User and group id. */
  readonly user: number;
  /** It tells its packets from those of others by marking them, where its user cannot. */
  readonly marks: boolean;
}

/**
 * Where only one id can be had, a process other than the sidecar still sees the id it asks for, in a user namespace of its
 * own, and has no right over its pod; but files and signals do not tell it from others. A process that asks for the
 * sidecar's id and does not mark its packets is not captured either: it speaks from the machine's end of the network.
 */
export function takeUser(ids: UserIds, { user, marks }: Asked): TakenUser {
  switch (ids) {
    case "many":
      return { argv: ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--no-new-privs", "--"], network: "pod" };
    case "one":
      return { argv: ["setpriv", "--no-new-privs", ...asOne({ user, marks })], network: user === proxyUid && !marks ? "machine" : "pod" };
  }
}

function asOne({ user, marks }: Asked): readonly string[] {
  // SO_MARK wants this capability over the pod's network; the others go.
  if (marks) return ["--bounding-set=-all,+net_admin", "--"];
  if (user === 0) return ["--"];
  return ["--", "unshare", "--user", `--map-user=${user}`, `--map-group=${user}`, "--"];
}
