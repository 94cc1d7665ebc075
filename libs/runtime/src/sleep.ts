import { setTimeout as wait } from "node:timers/promises";

/** Waits that long, or until the signal aborts: then it returns early and throws nothing. The caller looks at the signal. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (err) {
    if (!signal.aborted) throw err;
  }
}
