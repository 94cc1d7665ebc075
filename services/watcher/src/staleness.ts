import { factKinds, type FactKind } from "@osm/model";
import { meshMetrics, sleep, type Metrics } from "@osm/runtime";

/** How long ago the cluster last gave a sign on each kind. */
export interface Staleness {
  /** There was a sign just now. */
  fresh(kind: FactKind): void;
  /** Keeps the metric true until the signal aborts. */
  measure(signal: AbortSignal): Promise<void>;
}

const everyMs = 1000;

/** A kind that was never heard of is as stale as the process is old. `now` counts milliseconds and never goes back. */
export function createStaleness(metrics: Metrics, now: () => number): Staleness {
  const gauge = metrics.gauge(meshMetrics.watchStaleness);
  const began = now();
  const heard = new Map<FactKind, number>();
  const set = () => {
    for (const kind of factKinds) gauge.set({ kind }, (now() - (heard.get(kind) ?? began)) / 1000);
  };
  return {
    fresh: (kind) => void heard.set(kind, now()),
    measure: async (signal) => {
      while (!signal.aborted) {
        set();
        await sleep(everyMs, signal);
      }
    },
  };
}
