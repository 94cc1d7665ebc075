import type { Clock } from "@osm/runtime";
import type { Streams } from "./streams.ts";

interface PatrolDeps extends Clock {
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

/**
 * Envoy withholds an ACK for the 15 s of its `initial_fetch_timeout` at most, once for a cluster and once for what the
 * cluster waits for. Who says nothing for this long has hung, or does not mean well.
 */
const silenceMs = 60_000;
const roundMs = 5000;

/** Ends the streams of proxies that do not answer, round after round, until the signal aborts. */
export function patrol({ streams, now, schedule, signal }: PatrolDeps): void {
  const round = () => {
    const longest = now() - silenceMs;
    for (const stream of [...streams.all()]) if ((stream.unansweredSince() ?? Infinity) < longest) stream.end("unanswered");
    next();
  };
  let cancel = () => {};
  const next = () => {
    if (!signal.aborted) cancel = schedule(roundMs, round);
  };
  signal.addEventListener("abort", () => cancel(), { once: true });
  next();
}
