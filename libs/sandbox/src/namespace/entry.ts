import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { searchPath } from "../commands.ts";
import { isOnPath, missingTools } from "../system-tools.ts";
import { freeRange, idRangeOf, type Account, type IdRange } from "./id-range.ts";
import { whyClosed } from "./why-closed.ts";

/** How this process can come to be root over namespaces of its own. */
export type Entry =
  /** It is root already. */
  | { readonly kind: "here" }
  /** In a user namespace with ids for everybody. */
  | { readonly kind: "range"; readonly account: Account; readonly uids: IdRange; readonly gids: IdRange }
  /** In one with a single id; `because` is a sentence. */
  | { readonly kind: "single"; readonly because: string }
  /** Not at all: what is missing, each as a sentence with its remedy. */
  | { readonly kind: "closed"; readonly missing: readonly string[] };

/** All that a sandbox does in a user namespace and that a machine may forbid. */
const probe = ["mount -t tmpfs tmpfs /run", "ip netns add probe", "ip netns exec probe true"].join(" && ");

/** Tries whether this machine lets its ordinary users make namespaces; leaves nothing. */
export function findEntry(): Entry {
  if (process.getuid?.() === 0) return { kind: "here" };
  const tools = missingTools();
  if (tools.length > 0) return { kind: "closed", missing: tools };
  const argv = ["--user", "--map-root-user", "--mount", "--net", "/bin/sh", "-c", probe];
  const tried = spawnSync("unshare", argv, { env: { PATH: searchPath }, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  return tried.status === 0 ? withIds() : { kind: "closed", missing: [whyClosed(textOf, tried.stderr)] };
}

function withIds(): Entry {
  const account = thisAccount();
  const [users = "", groups = ""] = ["/etc/subuid", "/etc/subgid"].map(textOf);
  const [uids, gids] = [idRangeOf(users, account), idRangeOf(groups, account)];
  if (!uids || !gids) {
    const remedy = `usermod --add-subuids ${freeRange(users)} --add-subgids ${freeRange(groups)} ${account.name}`;
    return { kind: "single", because: `${account.name} has no 65536 ids in /etc/subuid and /etc/subgid (as root: ${remedy})` };
  }
  if (!isOnPath("newuidmap") || !isOnPath("newgidmap")) return { kind: "single", because: "newuidmap is missing (apt-get install uidmap)" };
  return { kind: "range", account, uids, gids };
}

/** An id without a name has its number for one. */
function thisAccount(): Account {
  const uid = process.getuid?.() ?? -1;
  try {
    return { name: userInfo().username, uid };
  } catch {
    return { name: `${uid}`, uid };
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
