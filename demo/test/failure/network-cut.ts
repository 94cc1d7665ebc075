import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** One side of a conversation, as it is dropped in both directions. */
export interface Cut {
  /** The address that one of them is reached at, and by nobody else. */
  readonly address: string;
  readonly port: number;
}

const run = promisify(execFile);

/** Drops what is said at an address and port from now on, without a word to either. Only for a network namespace of our own. */
export async function cut(where: Cut): Promise<void> {
  for (const rule of rulesOf(where)) await run("iptables", ["-w", "-I", ...rule]);
}

export async function heal(where: Cut): Promise<void> {
  for (const rule of rulesOf(where)) await run("iptables", ["-w", "-D", ...rule]);
}

function rulesOf({ address, port }: Cut): readonly (readonly string[])[] {
  const common = ["-p", "tcp"];
  return [
    ["INPUT", "-d", address, ...common, "--dport", `${port}`, "-j", "DROP"],
    ["OUTPUT", "-s", address, ...common, "--sport", `${port}`, "-j", "DROP"],
  ];
}
