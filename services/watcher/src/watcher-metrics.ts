import { headOf } from "@osm/intake";
import { factKinds } from "@osm/model";
import { meshMetrics, type Metrics } from "@osm/runtime";
import type { ObjectEvent, Observations } from "./observations.ts";

export interface WatcherMetrics {
  /** An event of the cluster was taken in. */
  seen(event: ObjectEvent): void;
  /** A change is on the bus, so long after it was observed. */
  published(sinceSec: number): void;
}

export function watcherMetrics(metrics: Metrics, observations: Observations): WatcherMetrics {
  const [facts, namespaces] = [metrics.gauge(meshMetrics.facts), metrics.gauge(meshMetrics.osmNamespaces)];
  const events = metrics.counter(meshMetrics.osmApiEvents);
  const convergence = metrics.histogram(meshMetrics.convergence);
  metrics.beforeText(() => {
    const counts = observations.counts();
    for (const kind of factKinds) facts.set({ kind }, counts.get(kind) ?? 0);
    namespaces.set({}, observations.members().length);
  });
  return {
    seen: (event) => {
      const head = event.kind === "gone" ? event.head : headOf(event.object);
      const kind = factKinds.find((each) => each === head?.kind);
      // Namespaces of others would be labels without end.
      if (kind && head && observations.isMember(head.namespace)) events.inc({ type: kind, namespace: head.namespace });
    },
    published: (sinceSec) => convergence.observe({ stage: "published" }, Math.max(0, sinceSec)),
  };
}
