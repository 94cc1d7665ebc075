/**
 * An editor may truncate a file and write it a moment later; read in between, its objects would seem deleted. A path
 * counts as settled when it has not been touched for this long.
 */
const settleMs = 8;

export interface DirtyPaths extends AsyncDisposable {
  add(path: string): void;
  /** Each touched path, once it has settled; ends when the signal aborts. */
  settled(): AsyncIterable<string>;
}

export function createDirtyPaths(signal: AbortSignal): DirtyPaths {
  const timers = new Map<string, NodeJS.Timeout>();
  const ready = new Set<string>();
  let wake = Promise.withResolvers<void>();

  const settle = (path: string) => {
    timers.delete(path);
    ready.add(path);
    wake.resolve();
  };
  const stop = () => wake.resolve();
  signal.addEventListener("abort", stop, { once: true });

  return {
    add: (path) => {
      clearTimeout(timers.get(path));
      timers.set(path, setTimeout(settle, settleMs, path));
    },
    settled: async function* () {
      while (!signal.aborted) {
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
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
