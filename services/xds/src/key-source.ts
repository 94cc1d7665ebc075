import { readFile } from "node:fs/promises";
import { parseJwks, type JwkSet } from "@osm/pki";

/** The keys that sign ServiceAccount tokens. */
export interface KeySource {
  current(): Promise<JwkSet>;
  /** Reads them again, at most once a second; what was read before stays where that fails. */
  refreshed(): Promise<JwkSet>;
}

const leastBetweenMs = 1000;

/** Keys from a JSON Web Key Set in a file (RFC 7517 §5). */
export function keysFromFile(path: string, now: () => number): KeySource {
  let set: Promise<JwkSet> | undefined;
  let readAt = -Infinity;

  const read = () => {
    readAt = now();
    const before = set;
    set = readFile(path, "utf8").then(parseJwks).catch((error: unknown) => {
      if (before) return before;
      set = undefined;
      throw error;
    });
    return set;
  };
  return {
    current: () => set ?? read(),
    refreshed: () => (set && now() - readAt < leastBetweenMs ? set : read()),
  };
}
