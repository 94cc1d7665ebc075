import { runService, serveHealth } from "@osm/runtime";
import { parseConfig } from "./config.ts";
import { startInjector } from "./injector.ts";
import { openMeshFile } from "./mesh-file.ts";

// New pods in, patches out. Needs neither the bus nor the store: injection goes on without them.
await runService("injector", parseConfig, async ({ config, signal, log, health, metrics, ready }) => {
  const { port, healthPort, tlsDir, meshFile } = config;
  await using _health = await serveHealth({ port: healthPort, metrics }, health, { signal });
  await using mesh = await openMeshFile(meshFile, { signal, log });
  await using injector = await startInjector({ port, tlsDir, lookup: mesh.lookup, log, signal, metrics });
  ready();
  // Both end with the signal; either may fail before.
  await Promise.all([mesh.done, injector.done]);
});
