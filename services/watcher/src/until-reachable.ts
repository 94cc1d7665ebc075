import { BusError } from "@osm/bus";
import { backoffMs, sleep, type Log } from "@osm/runtime";

const backoff = { firstMs: 50, maxMs: 2000 };
const passing: ReadonlySet<string> = new Set(["Unavailable", "Timeout", "Full"]);

/** Does what may be done twice until the bus takes it, or the signal aborts. */
export async function untilReachable(job: () => Promise<void>, { log, signal }: { readonly log: Log; readonly signal: AbortSignal }): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await job();
    } catch (err) {
      if (!(err instanceof BusError) || !passing.has(err.code)) throw err;
      log.warn({ err, failures }, "bus takes nothing, tried again");
    }
    await sleep(backoffMs(backoff, failures, Math.random()), signal);
  }
}
