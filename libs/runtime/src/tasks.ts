export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side until all have ended. The first that fails aborts the signal of the rest, and its error is thrown
 * once they are done: no task outlives the call. A task that returns leaves the others alone. An abort from outside is no error.
 */
export async function runTasks(signal: AbortSignal, ...tasks: readonly Task[]): Promise<void> {
  const stop = new AbortController();
  const joined = AbortSignal.any([signal, stop.signal]);
  const failures: { readonly err: unknown }[] = [];

  const guarded = tasks.map(async (task) => {
    try {
      await task(joined);
    } catch (err) {
      if (isAbort(joined, err)) return;
      failures.push({ err });
      stop.abort(new DOMException("another task failed", "AbortError"));
    }
  });
  await Promise.all(guarded);

  const [first] = failures;
  if (first !== undefined) throw first.err;
}

/** True when the error only says that the signal aborted. */
export function isAbort(signal: AbortSignal, err: unknown): boolean {
  return signal.aborted && (err === signal.reason || (err instanceof Error && err.name === "AbortError"));
}
