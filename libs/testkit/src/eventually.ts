import { setTimeout as wait } from "node:timers/promises";

export interface EventuallyOptions {
  /** How long to try; 10 s when not given. */
  readonly deadlineMs?: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks again and again until the check no longer throws, and returns what it returned. Only for what another process does
 * and gives no event for: inside our own code there is always something to await.
 * @throws the check's last error when the deadline passes or the signal aborts.
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { deadlineMs = 10_000, everyMs = 20, signal } = options;
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (err) {
      if (performance.now() >= end || signal?.aborted === true) throw err;
    }
    await wait(everyMs);
  }
}
