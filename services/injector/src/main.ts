import { runService, serveHealth } from "@osm/runtime";
import { parseConfig } from "./config.ts";
import { startInjector } from "./injector.ts";
import { openSource } from "./open-source.ts";

// New pods in, patches out. Needs neither the bus nor the store: injection goes on without them.
await runService("injector", parseConfig, async ({ config, signal, log, health, metrics, ready }) => {
  const { port, healthPort, tlsDir } = config;
  await using _health = await serveHealth({ port: healthPort, metrics }, health, { signal });
  await using source = await openSource(config, { signal, log });
  await using injector = await startInjector({ ...source, port, tlsDir, log, signal, metrics });
  await Promise.race([Promise.all([source.known, injector.trusted]), source.done]);
  ready();
  // Both end with the signal; either may fail before.
  await Promise.all([source.done, injector.done]);
});
