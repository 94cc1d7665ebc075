import { readFile } from "node:fs/promises";
import { parseJwks, type JwkSet } from "@osm/pki";

/** The keys that sign ServiceAccount tokens. */
export interface KeySource {
  current(): Promise<JwkSet>;
  /** Reads them again, at most once a second; what was read before stays where that fails. @throws what reading threw, where nothing was read before */
  refreshed(): Promise<JwkSet>;
}

const leastBetweenMs = 1000;
const longestMs = 300_000;

/** Keys from a JSON Web Key Set in a file (RFC 7517 §5). */
export function keysFromFile(path: string, now: () => number): KeySource {
  return keysFrom(async () => parseJwks(await readFile(path, "utf8")), now);
}

/**
 * Keys that `readNow` brings; a failure after a success keeps what was brought before. A key that the cluster has taken back is
 * believed for five minutes at most, for as long as the keys can be read.
 */
export function keysFrom(readNow: () => Promise<JwkSet>, now: () => number): KeySource {
  let known: JwkSet | undefined;
  let reading: Promise<JwkSet> | undefined;
  let [readAt, failure]: [number, unknown] = [-Infinity, undefined];

  const readOnce = async (): Promise<JwkSet> => {
    try {
      return (known = await readNow());
    } catch (error) {
      failure = error;
      if (known) return known;
      throw error;
    } finally {
      reading = undefined;
    }
  };
  const read = (): Promise<JwkSet> => {
    readAt = now();
    return (reading = readOnce());
  };
  const isDue = (afterMs: number) => reading === undefined && now() - readAt >= afterMs;
  return {
    current: async () => {
      // Nobody waits for keys that may be the same; a failure changes nothing.
      if (known && isDue(longestMs)) read().catch(() => undefined);
      if (known) return known;
      if (isDue(leastBetweenMs)) return read();
      if (reading) return reading;
      throw failure;
    },
    refreshed: async () => {
      if (isDue(leastBetweenMs)) return read();
      const best = reading ?? known;
      if (best) return best;
      throw failure;
    },
  };
}
