import { monitorEventLoopDelay } from "node:perf_hooks";
import { meshMetrics } from "./mesh-metrics.ts";
import type { Metrics } from "./metrics.ts";
import { version } from "./version.ts";

const quantiles = [["0.5", 50], ["0.99", 99], ["1", 100]] as const;
const sampleMs = 20;

/** What the process itself costs, read when it is asked for. @returns what ends the sampling. */
export function measureProcess(metrics: Metrics): Disposable {
  metrics.gauge(meshMetrics.versionInfo).set({ version }, 1);
  metrics.gauge(meshMetrics.startTime).set({}, Math.round(performance.timeOrigin) / 1000);
  const cpu = metrics.counter(meshMetrics.cpuSeconds);
  const resident = metrics.gauge(meshMetrics.residentBytes);
  const heap = metrics.gauge(meshMetrics.heapBytes);
  const delay = metrics.gauge(meshMetrics.loopDelay);
  const loop = monitorEventLoopDelay({ resolution: sampleMs });
  loop.enable();
  let counted = 0;
  metrics.beforeText(() => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    cpu.inc({}, (user + system) / 1e6 - counted);
    counted = (user + system) / 1e6;
    resident.set({}, rss);
    heap.set({}, heapUsed);
    for (const [quantile, percent] of quantiles) delay.set({ quantile }, lateness(loop.percentile(percent)));
    loop.reset();
  });
  return { [Symbol.dispose]: () => void loop.disable() };
}

/** The sampler's own period is no delay. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - sampleMs / 1000);
}
