import { setTimeout as wait } from "node:timers/promises";
import type { AppCounters } from "./counters.ts";
import { counterTable, hasMoved } from "./counter-table.ts";

/** Where a table goes; `process.stdout` fits. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Puts tables on a screen, each over the one before when it is a terminal. */
export interface CounterDisplay {
  show(now: readonly AppCounters[]): void;
  /** What is written to the screen by others stands below the last table, and the next one below that. */
  release(): void;
}

export function createDisplay(screen: Screen): CounterDisplay {
  let before: readonly AppCounters[] = [];
  let lines = 0;
  return {
    show: (now) => {
      if (screen.isTTY !== true && !hasMoved(now, before)) return;
      const table = counterTable(now, before);
      screen.write(`${screen.isTTY === true ? overLast(lines) : ""}${table.join("\n")}\n`);
      lines = table.length;
      before = now;
    },
    release: () => {
      lines = 0;
    },
  };
}

/** Cursor up to the first of so many lines, and all from there on cleared. */
function overLast(lines: number): string {
  return lines === 0 ? "" : `\u001b[${lines}A\u001b[0J`;
}

export interface Showing {
  readonly read: () => Promise<readonly AppCounters[]>;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Shows the counters again and again until the signal aborts. A pod that goes away while it is asked is left out by `read`. */
export async function showCounters(display: CounterDisplay, { read, everyMs, signal }: Showing): Promise<void> {
  while (!signal.aborted) {
    display.show(await read());
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
