import { readFile } from "node:fs/promises";

/** What a process has used, as the kernel counts it. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentMb: number;
}

/** Linux counts in hundredths of a second for every program of today. */
const tickMs = 10;

/** Of all the processes together. */
export async function usageOf(pids: readonly number[]): Promise<Usage> {
  const each = await Promise.all(pids.map(usageOfOne));
  return { cpuMs: sum(each.map(({ cpuMs }) => cpuMs)), residentMb: sum(each.map(({ residentMb }) => residentMb)) };
}

async function usageOfOne(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readFile(`/proc/${pid}/status`, "utf8")]);
  // The program's name may hold spaces; what follows its parenthesis does not. User and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, residentMb: (Number(kb) * 1024) / 1e6 };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
