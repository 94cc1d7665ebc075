import { openBus } from "@osm/bus";
import { runService, serveHealth, systemClock } from "@osm/runtime";
import { startCa } from "./ca.ts";
import { parseConfig } from "./config.ts";
import { openRoot } from "./root-folder.ts";

// A root in; trust bundles and chains out. The key stays in this process and in its own Secret.
await runService("ca", parseConfig, async ({ config, signal, log, health, metrics, tracer, ready }) => {
  const { mesh, trustDomain, validitySec, rate, healthPort, rootFolder, createRoot, busUrl } = config;
  await using _health = await serveHealth({ port: healthPort, metrics }, health, { signal });
  const root = await openRoot({ path: rootFolder, create: createRoot, trustDomain, now: systemClock.now() / 1000 });
  await using bus = await openBus(busUrl, { mesh, signal, log });
  await using ca = await startCa({ mesh, trustDomain, validitySec, root, rate, bus, clock: systemClock, log, signal, metrics, tracer });
  await ca.ready;
  ready();
  await ca.done;
});
