import type { Clock } from "@osm/runtime";

export interface ShelfOptions {
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly maxBytes: number;
}

/**
 * Bytes by key. What was not used for its time to live is gone, and when room runs out the least recently used goes first;
 * what is larger than all the room is not kept.
 */
export interface Shelf {
  set(key: string, bytes: Uint8Array): void;
  /** Counts as a use. */
  get(key: string): Uint8Array | undefined;
  delete(key: string): void;
  clear(): void;
}

interface Held {
  readonly bytes: Uint8Array;
  readonly until: number;
}

export function createShelf({ clock, ttlMs, maxBytes }: ShelfOptions): Shelf {
  /** Least recently used first. All live equally long after a use, so that it is also the order in which they end. */
  const held = new Map<string, Held>();
  let used = 0;

  const remove = (key: string): Uint8Array | undefined => {
    const bytes = held.get(key)?.bytes;
    used -= bytes?.length ?? 0;
    held.delete(key);
    return bytes;
  };
  const dropEnded = (): void => {
    for (const [key, { until }] of held) {
      if (until > clock.now() && used <= maxBytes) return;
      remove(key);
    }
  };
  const set = (key: string, bytes: Uint8Array): void => {
    remove(key);
    if (bytes.length > maxBytes) return;
    held.set(key, { bytes, until: clock.now() + ttlMs });
    used += bytes.length;
    dropEnded();
  };

  return {
    set,
    get: (key) => {
      dropEnded();
      const bytes = remove(key);
      if (bytes !== undefined) set(key, bytes);
      return bytes;
    },
    delete: (key) => void remove(key),
    clear: () => {
      held.clear();
      used = 0;
    },
  };
}
