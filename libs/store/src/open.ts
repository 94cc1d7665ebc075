import type { Log } from "@osm/runtime";
import { createMemoryStore } from "./memory/memory-store.ts";
import { parseRedisAddress } from "./redis/address.ts";
import { openRedisStore } from "./redis/redis-store.ts";
import type { Store } from "./store.ts";

/** How to reach a store that lives as long as the caller's `await using`. */
export interface OpenStoreOptions {
  /** What every key begins with: the blobs of one mesh. */
  readonly prefix: string;
  /** Ends the attempt to connect. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** What nobody used for so long is forgotten. */
const hour = 3_600_000;
const supported = "supported are redis:, rediss: and memory:";

/**
 * Connects to the store of a URL: `redis://` or, encrypted, `rediss://HOST[:PORT][?credentials=FOLDER]`, where the folder is a
 * mounted Secret with `user`, `password`, `ca.crt`. One that cannot be reached is tried for ever; its calls fail meanwhile.
 * `memory:` makes one of its own, known to nobody else.
 * @throws Error for a URL that is none of these, with nothing of it but its scheme.
 */
export async function openStore(url: string, { prefix, signal, log }: OpenStoreOptions): Promise<Store> {
  signal.throwIfAborted();
  if (!URL.canParse(url)) throw new Error(`no store behind what is no URL; ${supported}`);
  const parsed = new URL(url);
  switch (parsed.protocol) {
    case "memory:":
      return createMemoryStore();
    case "redis:":
    case "rediss:":
      return await openRedisStore({ address: parseRedisAddress(parsed), prefix, ttlMs: hour, signal, log });
    default:
      throw new Error(`no store behind ${JSON.stringify(parsed.protocol)}; ${supported}`);
  }
}
