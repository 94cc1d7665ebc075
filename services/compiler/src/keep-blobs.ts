import type { Digest } from "@osm/model";
import type { Log } from "@osm/runtime";
import { StoreUnavailable, type Store } from "@osm/store";

export interface KeeperDeps {
  readonly store: Store;
  readonly log: Log;
}

/** Bytes that views list, by their digests. */
export type Blobs = ReadonlyMap<Digest, Uint8Array>;

/** Puts blobs into the store, each once while it is in use. Without the store it goes on: readers ask for blobs. */
export function createKeeper({ store, log }: KeeperDeps): (blobs: Blobs) => Promise<void> {
  let stored: Blobs = new Map();
  return async (blobs) => {
    if (blobs === stored) return;
    const fresh = [...blobs].flatMap(([digest, bytes]) => (stored.has(digest) ? [] : [bytes]));
    try {
      if (fresh.length > 0) await store.put(fresh);
      stored = blobs;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ blobs: fresh.length }, "store unavailable, readers will ask for blobs");
    }
  };
}
