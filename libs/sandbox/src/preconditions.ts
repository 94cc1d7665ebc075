import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { searchPath } from "./commands.ts";

const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  "iptables-restore": "iptables",
  nsenter: "util-linux",
  setpriv: "util-linux",
  mount: "mount",
  bash: "bash",
  sleep: "coreutils",
};

/** Bits of /proc/self/status (capability.h). */
const capabilities = { CAP_SETGID: 6, CAP_SETUID: 7, CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

/** What keeps a sandbox from running here, each as a sentence with its remedy. Empty: nothing does. */
export function missingForSandbox(): readonly string[] {
  if (process.platform !== "linux") return ["A sandbox needs Linux: its pods are network namespaces."];
  return [...missingRights(), ...missingTools()];
}

function missingRights(): readonly string[] {
  if (process.getuid?.() !== 0) return ["A sandbox makes network namespaces and changes users: run it as root (sudo)."];
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  const lacking = Object.entries(capabilities).filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n);
  if (lacking.length === 0) return [];
  return [`This root user lacks ${lacking.map(([name]) => name).join(", ")}: run outside a container, or in a privileged one.`];
}

function missingTools(): readonly string[] {
  return Object.entries(packages)
    .filter(([tool]) => !isOnPath(tool))
    .map(([tool, name]) => `The command ${tool} is missing: apt-get install ${name}`);
}

function isOnPath(tool: string): boolean {
  return searchPath.split(":").some((dir) => isExecutable(join(dir, tool)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
