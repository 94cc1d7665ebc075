import { constants, readFileSync } from "node:fs";
import { findEntry } from "./namespace/entry.ts";
import { mayAccess, missingTools } from "./system-tools.ts";

/** Bits of /proc/self/status (capability.h). */
const capabilities = { CAP_SETGID: 6, CAP_SETUID: 7, CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

/** What keeps a sandbox from running in this process, each as a sentence with its remedy. Empty: nothing does. */
export function missingForSandbox(): readonly string[] {
  if (process.platform !== "linux") return ["A sandbox needs Linux: its pods are network namespaces."];
  return [...new Set([...missingRights(), ...missingTools()])];
}

function missingRights(): readonly string[] {
  return process.getuid?.() === 0 ? [...missingCapabilities(), ...missingPlace()] : missingRoot();
}

/** One who is not root is told of the other way, and of what closes it. */
function missingRoot(): readonly string[] {
  const entry = findEntry();
  switch (entry.kind) {
    case "closed":
      return ["A sandbox makes network namespaces, and needs root or a user namespace for it.", ...entry.missing];
    case "here":
    case "range":
    case "single":
      return ["A sandbox makes network namespaces: run it as root (sudo), or as root of a user namespace, which this machine allows (`npm run demo` does so)."];
  }
}

function missingCapabilities(): readonly string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  const lacking = Object.entries(capabilities).filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n);
  if (lacking.length === 0) return [];
  return [`This root user lacks ${lacking.map(([name]) => name).join(", ")}: run outside a container, or in a privileged one.`];
}

/** The names of network namespaces lie there, and what sandboxes claim. */
function missingPlace(): readonly string[] {
  if (mayAccess("/run", constants.W_OK)) return [];
  return ["Nothing can be made in /run: mount a tmpfs there, in a mount namespace of this process."];
}
