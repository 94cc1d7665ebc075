import { backoffMs, sleep, type Log } from "@osm/runtime";
import { BusError, type BusErrorCode } from "./bus.ts";

interface Trying {
  readonly log: Log;
  readonly signal: AbortSignal;
}

const backoff = { firstMs: 50, maxMs: 2000 };
/** These end without the writer doing anything. */
const passing: ReadonlySet<BusErrorCode> = new Set<BusErrorCode>(["Unavailable", "Timeout", "Full"]);

/**
 * Does a job again for as long as the bus cannot be reached or has no room; every other error is thrown. The job may be done
 * twice. Undefined when the signal aborted first.
 */
export async function untilReachable<T>(job: () => Promise<T>, { log, signal }: Trying): Promise<T | undefined> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await job();
    } catch (err) {
      if (!(err instanceof BusError)) throw err;
      if (signal.aborted) return undefined;
      if (!passing.has(err.code)) throw err;
      log.warn({ err, failures }, "bus takes nothing, tried again");
    }
    await sleep(backoffMs(backoff, failures, Math.random()), signal);
  }
  return undefined;
}
