import { on } from "node:events";
import { watch } from "node:fs";
import { isAbort, type Log } from "@osm/runtime";

export interface Followed extends AsyncDisposable {
  /** Resolves when following has ended; rejects when the directory can be followed no more. */
  readonly done: Promise<void>;
}

export interface DirectoryReader {
  readonly dir: string;
  /** Reads what is there now. It may throw: files that belong together are not always written together. */
  readonly read: () => Promise<void>;
  /** Logged when a later reading fails. */
  readonly unreadable: string;
}

/**
 * Reads, and reads again after each change in the directory, one reading at a time. The directory is watched and not its
 * files, since a mounted Secret changes by a rename beside them. @throws what the first reading throws.
 */
export async function followDirectory({ dir, read, unreadable }: DirectoryReader, { signal, log }: { readonly signal: AbortSignal; readonly log: Log }): Promise<Followed> {
  const stop = new AbortController();
  const joined = AbortSignal.any([signal, stop.signal]);
  const watcher = watch(dir);
  const changes = on(watcher, "change", { signal: joined });
  const follow = async (): Promise<void> => {
    try {
      for await (const _change of changes) await read().catch((err: unknown) => log.warn({ err }, unreadable));
    } catch (err) {
      if (!isAbort(joined, err)) throw err;
    } finally {
      watcher.close();
    }
  };
  try {
    await read();
  } catch (err) {
    watcher.close();
    throw err;
  }
  const done = follow();
  // Who awaits it later still learns of a failure.
  done.catch(() => undefined);
  const end = async (): Promise<void> => {
    stop.abort(new DOMException("no longer followed", "AbortError"));
    await done;
  };
  return { done, [Symbol.asyncDispose]: end };
}
