import { digestOf, type Digest } from "@osm/model";
import { systemClock, type Clock } from "@osm/runtime";
import { StoreUnavailable, type Store } from "../store.ts";
import { createShelf, type Shelf } from "./shelf.ts";

export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** One hour when not given. */
  readonly ttlMs?: number;
  /** 256 MiB when not given. */
  readonly maxBytes?: number;
}

/** A store that lives in this process, and what can befall it. */
export interface MemoryStore extends Store {
  /** Puts other bytes in the place of a blob. */
  poison(digest: Digest, bytes: Uint8Array): void;
  /** All is lost. */
  flush(): void;
  /** It cannot be reached. */
  disconnect(): void;
  reconnect(): void;
}

const hour = 3_600_000;
const mebibyte = 2 ** 20;

export function createMemoryStore({ clock = systemClock, ttlMs = hour, maxBytes = 256 * mebibyte }: MemoryStoreOptions = {}): MemoryStore {
  const shelf = createShelf({ clock, ttlMs, maxBytes });
  let isReachable = true;
  let isClosed = false;
  const checkReachable = (): void => {
    if (isClosed || !isReachable) throw new StoreUnavailable(isClosed ? "the store was closed" : "the store cannot be reached");
  };
  return {
    put: async (blobs) => {
      checkReachable();
      return blobs.map((blob) => keep(shelf, blob));
    },
    get: async (digests) => {
      checkReachable();
      return digests.map((digest) => checked(shelf, digest));
    },
    poison: (digest, bytes) => shelf.set(digest, new Uint8Array(bytes)),
    flush: () => shelf.clear(),
    disconnect: () => void (isReachable = false),
    reconnect: () => void (isReachable = true),
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      shelf.clear();
    },
  };
}

function keep(shelf: Shelf, blob: Uint8Array): Digest {
  const digest = digestOf(blob);
  shelf.set(digest, new Uint8Array(blob));
  return digest;
}

/** A copy of the blob, if it is what its digest says; a poisoned one is thrown out. */
function checked(shelf: Shelf, digest: Digest): Uint8Array | undefined {
  const bytes = shelf.get(digest);
  if (bytes === undefined || digestOf(bytes) === digest) return bytes && new Uint8Array(bytes);
  shelf.delete(digest);
  return undefined;
}
