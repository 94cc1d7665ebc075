import { digestOf, type Digest } from "@osm/model";
import type { Log } from "@osm/runtime";
import type { Store } from "../store.ts";
import type { RedisAddress } from "./address.ts";
import { chunksOf } from "./chunks.ts";
import { openLine } from "./line.ts";

export interface RedisStoreOptions {
  readonly address: RedisAddress;
  readonly prefix: string;
  readonly ttlMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** What one round trip carries at most. */
const most = { count: 128, bytes: 8_000_000 };

/**
 * A cache is no reason to wait: when the first attempt to connect fails, the store is given back all the same, its calls fail
 * and it tries on. @throws the signal's reason.
 */
export async function openRedisStore({ address, prefix, ttlMs, signal, log }: RedisStoreOptions): Promise<Store> {
  const line = await openLine({ address, signal, log });
  const keyOf = (digest: Digest): string => `${prefix}${digest}`;
  return {
    put: async (blobs) => {
      line.check();
      const kept = blobs.map((blob) => ({ digest: digestOf(blob), blob }));
      for (const chunk of chunksOf(kept, ({ blob }) => blob.length, most)) {
        await line.all((pipeline) => chunk.forEach(({ digest, blob }) => pipeline.set(keyOf(digest), Buffer.from(blob), "PX", ttlMs)));
      }
      return kept.map(({ digest }) => digest);
    },
    get: async (digests) => {
      line.check();
      const found: (Uint8Array | undefined)[] = [];
      for (const chunk of chunksOf(digests, () => 0, most)) {
        const replies = await line.all((pipeline) => chunk.forEach((digest) => pipeline.getexBuffer(keyOf(digest), "PX", ttlMs)));
        chunk.forEach((digest, at) => found.push(checked(digest, replies[at])));
      }
      return found;
    },
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };
}

/** A copy of the blob, if it is what its digest says; a poisoned one stays until it is put again or its time is over. */
function checked(digest: Digest, reply: unknown): Uint8Array | undefined {
  if (!Buffer.isBuffer(reply) || digestOf(reply) !== digest) return undefined;
  return new Uint8Array(reply);
}

