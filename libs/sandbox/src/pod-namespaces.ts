import { openSync, closeSync } from "node:fs";
import { join } from "node:path";
import type { IpFamily } from "@osm/inject";
import {
  CommandFailed,
  lifeDescriptor,
  runTool,
  searchPath,
  startLogged,
  startPiped,
  type Environment,
  type Life,
  type PipedProcess,
  type Running,
} from "./commands.ts";
import { reachCommands, type Closed } from "./reach.ts";
import { takeUser } from "./take-user.ts";
import { userIds } from "./user-ids.ts";

/** A pod's network and mount namespaces, kept by a process that only sleeps. */
export interface PodNamespaces {
  /** A process that lives in them. */
  readonly holder: Running;
  startPiped(process: PodProcess): PipedProcess;
  /** Its outputs are appended to the file. */
  startLogged(process: PodProcess, file: string): Running;
}

export interface PodProcess {
  readonly argv: readonly string[];
  readonly env: Environment;
  /** User and group id. */
  readonly user: number;
  /** It can mark its packets, and does so where the sandbox has but one user id. */
  readonly marks?: boolean;
}

/** Where a pod's own `hosts` and `resolv.conf` lie, which it sees in /etc. */
export interface Etc {
  readonly dir: string;
  readonly closed: readonly Closed[];
}

/** Users may listen on any port, as in a container engine's pods. */
const anyPort = "echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start";

export async function holdNamespaces(netns: string, etc: Etc, life: Life): Promise<PodNamespaces> {
  const mounts = [
    ["mount", "--bind", join(etc.dir, "hosts"), "/etc/hosts"],
    ["mount", "--bind", join(etc.dir, "resolv.conf"), "/etc/resolv.conf"],
    ...reachCommands(etc.closed),
  ];
  // Mounts of this namespace stay in it: `ip netns exec` gives each process one, and cuts it off from the machine's.
  const script = ["set -e", anyPort, ...mounts.map(quoted), "echo held", `exec ${lifeDescriptor}>&-`, "exec sleep infinity"].join("\n");
  const holder = startPiped(["ip", "netns", "exec", netns, "/bin/sh", "-c", script], life, { PATH: searchPath });
  await held(holder);

  const argvOf = ({ argv, user, marks = false }: PodProcess) => {
    const taken = takeUser(userIds(), { user, marks });
    const into = taken.network === "pod" ? ["--net", "--mount"] : ["--mount"];
    return ["nsenter", "--target", `${holder.pid}`, ...into, "/bin/sh", "-c", `exec ${lifeDescriptor}>&-; exec "$@"`, "sh", ...taken.argv, ...argv];
  };
  const envOf = ({ env }: PodProcess) => ({ PATH: searchPath, HOME: "/", ...env });
  return {
    holder,
    startPiped: (process) => startPiped(argvOf(process), life, envOf(process)),
    startLogged: (process, file) => {
      const fd = openSync(file, "a");
      try {
        return startLogged(argvOf(process), life, { env: envOf(process), fd });
      } finally {
        closeSync(fd);
      }
    },
  };
}

const restoring: Readonly<Record<IpFamily, string>> = { ipv4: "iptables-restore", ipv6: "ip6tables-restore" };

/** Lays a pod's capture rules for one family. */
export async function restoreRules({ netns, family, rules }: { readonly netns: string; readonly family: IpFamily; readonly rules: string }, life: Life): Promise<void> {
  await runTool(["ip", "netns", "exec", netns, restoring[family], "--noflush"], life, rules);
}

async function held(holder: PipedProcess): Promise<void> {
  const failed = holder.ended.then(async () => {
    const words = await holder.stderr.toArray();
    throw new CommandFailed(`a pod's mounts: ${words.join("").trim()}`);
  });
  const heard = new Promise<void>((resolve) => holder.stdout.once("data", () => resolve()));
  await Promise.race([heard, failed]);
  failed.catch(() => undefined);
}

function quoted(argv: readonly string[]): string {
  return argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}
