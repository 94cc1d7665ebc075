/**
 * An editor may truncate a file and write it a moment later; read in between, its objects would seem changed. A path counts
 * as settled when it has not been touched for this long,
 */
const settleMs = 8;
/** or when this long has passed since it was first touched: who writes without end is read all the same. */
const longestMs = 200;

export interface DirtyPaths extends AsyncDisposable {
  add(path: string): void;
  /** Ends `settled` with an error. */
  fail(error: unknown): void;
  /** Each touched path, once it has settled; ends when the signal aborts. */
  settled(): AsyncIterable<string>;
}

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly since: number;
}

export function createDirtyPaths(signal: AbortSignal): DirtyPaths {
  const waiting = new Map<string, Waiting>();
  const ready = new Set<string>();
  let wake = Promise.withResolvers<void>();
  let failure: { readonly error: unknown } | undefined;

  const settle = (path: string) => {
    waiting.delete(path);
    ready.add(path);
    wake.resolve();
  };
  const stop = () => wake.resolve();
  signal.addEventListener("abort", stop, { once: true });

  return {
    add: (path) => {
      const now = performance.now();
      const before = waiting.get(path);
      clearTimeout(before?.timer);
      const since = before?.since ?? now;
      waiting.set(path, { timer: setTimeout(settle, Math.min(settleMs, since + longestMs - now), path), since });
    },
    fail: (error) => {
      failure = { error };
      wake.resolve();
    },
    settled: async function* () {
      while (!signal.aborted) {
        if (failure) throw failure.error;
        for (const path of ready) {
          ready.delete(path);
          yield path;
        }
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    },
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener("abort", stop);
      for (const { timer } of waiting.values()) clearTimeout(timer);
    },
  };
}
