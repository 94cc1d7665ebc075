import { KubeError } from "@osm/kube";
import { backoffMs, isAbort, type Log } from "@osm/runtime";
import { setTimeout as wait } from "node:timers/promises";

/** One object that is to be there. */
export interface Wanted {
  /** Kind, namespace and name. */
  readonly key: string;
  /** Another digest is written at once. */
  readonly digest: string;
  /** An equal one is written again after so long, in case somebody took it away. */
  readonly againMs: number;
  readonly write: (signal: AbortSignal) => Promise<void>;
}

export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or when one came since the last wait; after so long at the latest; never throws. */
  rung(atMostMs: number, signal: AbortSignal): Promise<void>;
}

interface Keeping {
  /** What is wanted now. */
  readonly wanted: () => Iterable<Wanted>;
  /** Rung when that changes. */
  readonly bell: Bell;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Written {
  readonly digest: string;
  readonly due: number;
  readonly failures: number;
}

const backoff = { firstMs: 1000, maxMs: 60_000 };
const longestWaitMs = 30_000;

/** Writes what is wanted, and again when it changes or its time has come, until the signal aborts. What is refused is tried again. */
export async function keepWritten({ wanted, bell, log, signal }: Keeping): Promise<void> {
  const written = new Map<string, Written>();
  while (!signal.aborted) {
    const now = performance.now();
    const all = [...wanted()];
    const keys = new Set(all.map(({ key }) => key));
    for (const key of written.keys()) if (!keys.has(key)) written.delete(key);
    for (const each of all) {
      const before = written.get(each.key);
      if (signal.aborted) return;
      if (before?.digest !== each.digest || before.due <= now) written.set(each.key, await write(each, before, { log, signal }));
    }
    const next = Math.min(...[...written.values()].map(({ due }) => due - performance.now()), longestWaitMs);
    await bell.rung(Math.max(0, next), signal);
  }
}

async function write(wanted: Wanted, before: Written | undefined, { log, signal }: Pick<Keeping, "log" | "signal">): Promise<Written> {
  const { key, digest, againMs } = wanted;
  try {
    await wanted.write(signal);
    return { digest, due: performance.now() + againMs, failures: 0 };
  } catch (error) {
    if (isAbort(signal, error) || signal.aborted) return { digest: "", due: 0, failures: 0 };
    if (!(error instanceof KubeError)) throw error;
    const failures = (before?.failures ?? 0) + 1;
    const { status, reason, message: err } = error;
    log.warn({ ref: key, status, reason, err, failures }, "object not written, tried again");
    return { digest, due: performance.now() + backoffMs(backoff, failures, Math.random()), failures };
  }
}

export function createBell(): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    rung: async (atMostMs, signal) => {
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      await Promise.race([rung.promise, wait(atMostMs, undefined, { signal: either }).catch(() => undefined)]);
      done.abort();
      rung = Promise.withResolvers();
    },
  };
}
