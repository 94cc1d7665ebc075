import { openBus } from "@osm/bus";
import { openFolder } from "@osm/kube";
import { runService, serveHealth } from "@osm/runtime";
import { parseConfig } from "./config.ts";
import { runWatcher } from "./watcher.ts";

// The cluster in, facts out.
await runService("watcher", parseConfig, async ({ config, signal, log, health, metrics, ready }) => {
  await using _health = await serveHealth({ port: config.healthPort, metrics }, health, { signal });
  await using bus = await openBus(config.busUrl, { signal, log });
  await using cluster = openFolder(config.folders);
  await runWatcher({ context: config.context, cluster, bus, now: Date.now, log, signal, ready });
});
