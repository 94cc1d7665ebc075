import type { WatchEvent } from "@osm/bus";
import { createPushes, meshMetrics, type Clock, type Metrics, type Tracer } from "@osm/runtime";
import { liveOrigins, type Origin } from "@osm/wire";
import type { Streams } from "./streams.ts";

/** Changes on their way to the proxies of this replica: each is one span and one measurement, however many it reaches. */
export interface Changes {
  /** For one watch: tells which change an event is part of. To be asked before the event is applied. */
  reader(): (event: WatchEvent) => Origin | undefined;
  /** A compiler has said all that follows from a change and from the facts up to this one. */
  said(origin: Origin | undefined, revision: number): void;
  /** The world has all that follows from the facts up to this one. */
  reached(revision: number): void;
  /** The world has all of this change. */
  applied(origin: Origin | undefined): void;
  sent(proxy: string): void;
  answered(proxy: string, isAccepted: boolean): void;
  /** Proxies need not wait any more, and some of them are to be sent nothing. */
  opened(): void;
  closed(proxy: string): void;
}

interface ChangesDeps {
  readonly replica: string;
  readonly streams: Pick<Streams, "ofProxy" | "waits">;
  readonly tracer: Tracer;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Where a compiler never comes so far, the oldest are let go of. */
const mostSaid = 64;

export function createChanges({ replica, streams, tracer, metrics, clock }: ChangesDeps): Changes {
  const convergence = metrics.histogram(meshMetrics.convergence);
  const said = new Map<Origin, number>();
  const pushes = createPushes({
    tracer, clock, replica,
    ended: ({ observedAt }) => {
      if (observedAt !== undefined) convergence.observe({ stage: "acked" }, Math.max(0, clock.now() - observedAt) / 1000);
    },
  });
  const hasAll = (proxy: string): boolean => {
    for (const stream of streams.ofProxy(proxy)) if (!stream.settled() || streams.waits(stream)) return false;
    return true;
  };
  return {
    reader: () => {
      const originOf = liveOrigins();
      return (event) => {
        const origin = originOf(event);
        pushes.arrived(origin);
        return origin;
      };
    },
    said: (origin, revision) => {
      if (origin !== undefined) said.set(origin, revision);
      const [oldest] = said.keys();
      if (said.size > mostSaid && oldest) said.delete(oldest);
    },
    reached: (upTo) => {
      for (const [origin, revision] of said) {
        if (revision > upTo) continue;
        said.delete(origin);
        pushes.complete(origin);
      }
    },
    applied: pushes.complete,
    sent: pushes.sent,
    answered: (proxy, isAccepted) => {
      if (!pushes.waitsFor(proxy)) return;
      if (!isAccepted) pushes.rejected(proxy);
      if (hasAll(proxy)) pushes.settled(proxy);
    },
    opened: () => pushes.settledWhere(hasAll),
    closed: (proxy) => {
      if (streams.ofProxy(proxy).size === 0) pushes.gone(proxy);
    },
  };
}
