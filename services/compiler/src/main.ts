import { openBus } from "@osm/bus";
import { runService, serveHealth } from "@osm/runtime";
import { openStore } from "@osm/store";
import { blobPrefix } from "@osm/wire";
import { runCompiler } from "./compiler.ts";
import { parseConfig } from "./config.ts";

// Facts in; views, resources, endpoints and findings out.
await runService("compiler", parseConfig, async ({ config, signal, log, health, metrics, tracer, ready }) => {
  const { mesh, member, settings } = config;
  await using _health = await serveHealth({ port: config.healthPort, metrics }, health, { signal });
  await using bus = await openBus(config.busUrl, { mesh, signal, log });
  await using store = await openStore(config.storeUrl, { prefix: blobPrefix(mesh), signal, log });
  await runCompiler({ mesh, member, settings, bus, store, log, metrics, tracer, signal, ready });
});
