export interface Backoff {
  /** Longest wait before the second try. */
  readonly firstMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/**
 * How long to wait after the nth failure in a row (from 1): the bound doubles each time, and the wait lies between half of
 * the bound and all of it. `random` is a number in [0, 1), so that many who failed together do not return together.
 */
export function backoffMs(backoff: Backoff, failures: number, random: number): number {
  const bound = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (Math.max(1, failures) - 1));
  return Math.round((bound / 2) * (1 + random));
}
