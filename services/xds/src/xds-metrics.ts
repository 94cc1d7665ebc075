import { parseIdentityVersion } from "@osm/pki";
import type { XdsType } from "@osm/model";
import { meshMetrics, type Counter, type Metrics } from "@osm/runtime";
import type { AdsDeps } from "./ads-service.ts";
import type { Streams } from "./streams.ts";

export type Counted = Pick<AdsDeps, "opened" | "closed" | "refused" | "sent" | "ended" | "asked" | "answered" | "took">;

/** Counts what happens on the streams. `changed` is called when one comes or goes. */
export function countStreams(metrics: Metrics, streams: Streams, changed: () => void): Counted {
  const open = [metrics.gauge(meshMetrics.proxies), metrics.gauge(meshMetrics.osmProxies)];
  const [refusals, tooMany] = [metrics.counter(meshMetrics.streamsRefused), metrics.counter(meshMetrics.osmProxiesRejected)];
  const ends = metrics.counter(meshMetrics.streamsEnded);
  const [resources, removals] = [metrics.counter(meshMetrics.resourcesSent), metrics.counter(meshMetrics.resourcesRemoved)];
  const [responses, requests] = [metrics.counter(meshMetrics.osmSent), metrics.counter(meshMetrics.osmRequests)];
  const nacks = metrics.counter(meshMetrics.nacks);
  const answerTimes = metrics.histogram(meshMetrics.osmUpdateTime);
  const leafEnd = metrics.gauge(meshMetrics.leafEnd);
  const [perResponse, perRequest] = [tallyByType(), tallyByType()];
  const [perPut, perRemoval] = [tallyByType(), tallyByType()];
  metrics.beforeText(() => {
    leafEnd.set({}, firstLeafEnd(streams));
    for (const [counter, tally] of [[responses, perResponse], [requests, perRequest], [resources, perPut], [removals, perRemoval]] as const) tally.into(counter);
  });
  const count = () => {
    for (const gauge of open) gauge.set({}, streams.all().size);
    changed();
  };
  return {
    opened: count,
    closed: count,
    refused: (reason) => {
      refusals.inc({ reason });
      if (/^too-(many|busy)/.test(reason)) tooMany.inc({});
    },
    sent: ({ type, put, removed }) => {
      perResponse.add(type, 1);
      perPut.add(type, put.length);
      perRemoval.add(type, removed.length);
    },
    ended: (reason) => ends.inc({ reason }),
    asked: (_stream, { type }) => perRequest.add(type, 1),
    took: ({ type, isAccepted, ms }) => answerTimes.observe({ resource_type: type, success: `${isAccepted}` }, Math.max(0, ms) / 1000),
    answered: (_stream, { type, error }) => {
      if (error !== undefined) nacks.inc({ type });
    },
  };
}

/** Counts what happens with every message. It goes into its metric when that is read. */
function tallyByType() {
  const counts = new Map<XdsType, number>();
  return {
    add: (type: XdsType, by: number) => void (by > 0 && counts.set(type, (counts.get(type) ?? 0) + by)),
    into: (counter: Counter<"type">) => {
      for (const [type, count] of counts) counter.inc({ type }, count);
      counts.clear();
    },
  };
}

/** Seconds since 1970; 0 where no proxy holds a certificate. */
function firstLeafEnd(streams: Streams): number {
  let first = Infinity;
  for (const stream of streams.all()) {
    const version = stream.identity()?.version;
    first = Math.min(first, (version && parseIdentityVersion(version)?.notAfter) || Infinity);
  }
  return first === Infinity ? 0 : first;
}
