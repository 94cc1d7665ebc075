import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openBus } from "@osm/bus";
import { runService, serveHealth } from "@osm/runtime";
import { openStore } from "@osm/store";
import { blobPrefix } from "@osm/wire";
import { parseConfig } from "./config.ts";
import { keysFromFile } from "./key-source.ts";
import { keysFromCluster } from "./keys-from-cluster.ts";
import { runXds } from "./xds.ts";

// Views, resources, endpoints and trust in; streams to Envoys and their outcomes out.
await runService("xds", parseConfig, async ({ config, signal, log, health, metrics, tracer, ready }) => {
  const { mesh, replica, address, issuers } = config;
  await using _health = await serveHealth({ port: config.healthPort, metrics }, health, { signal });
  await using bus = await openBus(config.busUrl, { mesh, signal, log });
  await using store = await openStore(config.storeUrl, { prefix: blobPrefix(mesh), signal, log });
  const read = (file: string) => readFile(join(config.tlsDir, file), "utf8");
  const tls = { certificate: await read("tls.crt"), key: await read("tls.key") };
  const keys = config.tokenKeys.kind === "cluster" ? keysFromCluster(config.tokenKeys, Date.now) : keysFromFile(config.tokenKeys.path, Date.now);
  await runXds({ mesh, replica, address, tls, issuers, keys, bus, store, now: Date.now, log, metrics, tracer, signal, ready });
});
