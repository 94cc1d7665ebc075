import { BusError } from "@osm/bus";
import { backoffMs, sleep, type Log } from "@osm/runtime";

interface Trying {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Does a job again for as long as the bus cannot be reached or has no room: both end without us.
 * Undefined when the signal aborted first.
 */
export async function untilReachable<T>(job: () => Promise<T>, { log, signal }: Trying): Promise<T | undefined> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await job();
    } catch (err) {
      if (!passes(err)) throw err;
      log.warn({ err, failures }, "bus refuses, tried again");
      await sleep(backoffMs({ firstMs: 50, maxMs: 2000 }, failures, Math.random()), signal);
    }
  }
  return undefined;
}

function passes(err: unknown): boolean {
  return err instanceof BusError && (err.code === "Unavailable" || err.code === "Timeout" || err.code === "Full");
}
