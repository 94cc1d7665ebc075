import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Names one life of a process: a later process of the same id, or the same id after a reboot, is another. */
export type ProcessName = string;

/** Undefined when there is no such process. */
export function processName(pid: number): ProcessName | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name may hold spaces and brackets: fields are counted after its last bracket (proc(5): 3 is the state).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : `${boot}/${pid}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

export function isAlive(name: ProcessName): boolean {
  return processName(Number(name.split("/")[1])) === name;
}

/** The TCP ports that are listened on in the network namespace of a process. Empty when the process is gone. */
export async function listeningPorts(pid: number): Promise<ReadonlySet<number>> {
  const tables = await Promise.all(["tcp", "tcp6"].map((table) => readFile(`/proc/${pid}/net/${table}`, "utf8").catch(() => "")));
  return new Set(tables.flatMap((table) => table.split("\n").flatMap(listeningPort)));
}

/** A line is: slot, local address and port, remote ones, state, ... in hex; 0A is LISTEN. */
function listeningPort(line: string): readonly number[] {
  const [, local = "", , state] = line.trim().split(/\s+/);
  return state === "0A" ? [Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16)] : [];
}
