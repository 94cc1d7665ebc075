import type { Log } from "@osm/runtime";
import { createMemoryStore } from "./memory/memory-store.ts";
import type { Store } from "./store.ts";

/** How to reach a store that lives as long as the caller's `await using`. */
export interface OpenStoreOptions {
  /** What every key begins with: the blobs of one mesh. */
  readonly prefix: string;
  /** Ends the attempt to connect. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Connects to the store of a URL. `memory:` makes one of its own, known to nobody else.
 * @throws Error for a scheme that is not supported; the error names no more of the URL than that.
 */
export async function openStore(url: string, { signal }: OpenStoreOptions): Promise<Store> {
  signal.throwIfAborted();
  const scheme = URL.canParse(url) ? new URL(url).protocol : "";
  switch (scheme) {
    case "memory:":
      return createMemoryStore();
    default:
      throw new Error(`no store behind ${scheme === "" ? "what is no URL" : JSON.stringify(scheme)}; supported is memory:`);
  }
}
