import { createPushes, noTracer, openTracer, silentLog, systemClock, type Tracer } from "../src/index.ts";

// What following a change costs an xDS server for each proxy that it is pushed to: sent, answered, looked at. Budget: 2 µs of
// CPU, traced or not, since a change is one span however many proxies it reaches.
const budgetUs = 2;
const proxies = Array.from({ length: 1000 }, (_each, at) => `5f3c0e0a-0000-4000-8000-${at.toString().padStart(12, "0")}`);
const changes = 300;

function follow(tracer: Tracer, count: number): void {
  const pushes = createPushes({ tracer, clock: systemClock, replica: "xds-0" });
  for (let change = 1; change <= count; change += 1) {
    const origin = { trace: tracer.root("watch.fact").trace, observedAt: change };
    pushes.arrived(origin);
    for (const proxy of proxies) pushes.sent(proxy);
    pushes.complete(origin);
    for (const proxy of proxies) if (pushes.waitsFor(proxy)) pushes.settled(proxy);
  }
}

function usPerProxy(tracer: Tracer): number {
  follow(tracer, changes / 3);
  const before = process.cpuUsage();
  follow(tracer, changes);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / changes / proxies.length;
}

const traced = await openTracer({ service: "xds", env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_BSP_MAX_QUEUE_SIZE: "10" }, log: silentLog });
const [off, on] = [usPerProxy(noTracer), usPerProxy(traced)];
console.log(`following a change to a proxy: ${off.toFixed(2)} µs of CPU without a collector, ${on.toFixed(2)} with one (budget ${budgetUs})`);
process.exit(Math.max(off, on) <= budgetUs ? 0 : 1);
