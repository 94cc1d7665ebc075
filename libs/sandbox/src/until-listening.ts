import { setTimeout as wait } from "node:timers/promises";
import type { Running } from "./commands.ts";
import { listeningPorts } from "./proc.ts";

export interface Listener {
  readonly name: string;
  readonly process: Running;
  /** Lives in the network namespace for sure; the process itself may still be on its way there. */
  readonly holder: Running;
  readonly ports: readonly number[];
  /** What it wrote, for the error when it does not come up. */
  readonly words: () => Promise<string>;
}

const lookEveryMs = 10;
const patienceMs = 30_000;

/**
 * Waits until a process's namespace listens on the ports: connections from here on are taken. The kernel tells nobody when
 * a socket starts to listen, so its table is looked at.
 * @throws Error when the process ends before, or does not listen in time; the signal's reason when it aborts.
 */
export async function untilListening({ name, process, holder, ports, words }: Listener, signal: AbortSignal): Promise<void> {
  const exit: { code?: number } = {};
  void process.ended.then((code) => (exit.code = code));
  const deadline = performance.now() + patienceMs;
  while (!isSubset(ports, await listeningPorts(holder.pid))) {
    if (exit.code !== undefined) throw new Error(`${name} ended with code ${exit.code}: ${lastLines(await words())}`);
    if (performance.now() > deadline) throw new Error(`${name} does not listen on ${ports.join(", ")}: ${lastLines(await words())}`);
    await wait(lookEveryMs, undefined, { signal });
  }
}

function isSubset(ports: readonly number[], of: ReadonlySet<number>): boolean {
  return ports.every((port) => of.has(port));
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-5).join("\n") || "it wrote nothing";
}
