import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openBus } from "@osm/bus";
import { runService, serveHealth, type Log } from "@osm/runtime";
import { openStore } from "@osm/store";
import { blobPrefix, tokenAudience } from "@osm/wire";
import { parseConfig, type XdsConfig } from "./config.ts";
import { keysFromFile } from "./key-source.ts";
import { keysFromCluster } from "./keys-from-cluster.ts";
import { asksCluster, createTokenReviews } from "./token-reviews.ts";
import { runXds, type XdsDeps } from "./xds.ts";

// Views, resources, endpoints and trust in; streams to Envoys and their outcomes out.
await runService("xds", parseConfig, async ({ config, signal, log, health, metrics, tracer, ready }) => {
  const { mesh, replica, address, issuers } = config;
  await using _health = await serveHealth({ port: config.healthPort, metrics }, health, { signal });
  await using bus = await openBus(config.busUrl, { mesh, signal, log });
  await using store = await openStore(config.storeUrl, { prefix: blobPrefix(mesh), signal, log });
  const read = (file: string) => readFile(join(config.tlsDir, file), "utf8");
  const tls = { certificate: await read("tls.crt"), key: await read("tls.key") };
  await runXds({ mesh, replica, address, tls, issuers, ...judging(config, log), bus, store, now: Date.now, log, metrics, tracer, signal, ready });
});

/** A file of keys says it all; the API can also be asked of one token. */
function judging({ tokenKeys, mesh, issuers }: XdsConfig, log: Log): Pick<XdsDeps, "keys" | "reviews"> {
  if (tokenKeys.kind === "file") return { keys: keysFromFile(tokenKeys.path, Date.now) };
  const reviews = createTokenReviews({ ask: asksCluster(tokenKeys), issuers, audience: tokenAudience(mesh), now: Date.now, log });
  return { keys: keysFromCluster(tokenKeys, Date.now), reviews };
}
