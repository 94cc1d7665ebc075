import { createInterface } from "node:readline";

/** Where a command speaks and listens. */
export interface Console {
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
  /** What is typed, line by line, until the input or the signal ends. */
  readonly lines: () => AsyncIterable<string>;
  /** Aborts when the user, or the system, ends the command. */
  readonly signal: AbortSignal;
}

export function openConsole(): Console {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort(new DOMException("stopped", "AbortError")));
  return {
    say: (line) => void process.stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
    lines: () => createInterface({ input: process.stdin, signal: stop.signal }),
    signal: stop.signal,
  };
}
