import type { Backoff } from "@osm/runtime";

/** How a kind is followed. */
export interface WatchTimes {
  /** A watch lasts at most so long, in seconds; before its end the server says how far it has come. */
  readonly watchS: number;
  /** A watch that was silent for so long is dead, whatever its connection says. Longer than a watch lasts. */
  readonly silenceMs: number;
  /** A watch that ended sooner counts as a failure. */
  readonly shortestMs: number;
  readonly backoff: Backoff;
  /** A kind that is not served is looked for again after so long. */
  readonly lookAgainMs: number;
  /** Objects of a kind that is no longer served are gone after so long. */
  readonly goneAfterMs: number;
  /** Objects of a page, where the server lists in pages. */
  readonly pageSize: number;
}

/** Each kind costs two small requests a minute, and nothing that happens stays unnoticed for more than 40 s. */
export const usualTimes: WatchTimes = {
  watchS: 30,
  silenceMs: 40_000,
  shortestMs: 500,
  backoff: { firstMs: 100, maxMs: 15_000 },
  lookAgainMs: 5000,
  goneAfterMs: 30_000,
  pageSize: 500,
};
