import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryBus, type Bus } from "@osm/bus";
import { openRoot, startCa } from "@osm/ca";
import { runCompiler } from "@osm/compiler";
import type { Cluster } from "@osm/kube";
import type { MeshName } from "@osm/model";
import type { RootPem } from "@osm/pki";
import { createMetrics, runTasks, systemClock, type Log } from "@osm/runtime";
import { createMemoryStore, type Store } from "@osm/store";
import { runWatcher } from "@osm/watcher";
import { keysFromFile, runXds, type XdsDeps } from "@osm/xds";
import { holdSockets } from "./held-sockets.ts";
import type { RunningMesh } from "./running-mesh.ts";
import { createControlPlaneRoot, nowSec, serverCertificate } from "./server-certificate.ts";
import { osmNamespace, trustDomain, xdsServerName } from "./names.ts";

export interface LocalMeshOptions {
  readonly mesh: MeshName;
  /** Where it keeps its root and the cluster's token keys. */
  readonly dir: string;
  readonly cluster: Cluster;
  /** JSON Web Key Set and issuer of the tokens that proxies show. */
  readonly tokens: { readonly issuer: string; readonly keys: object };
  /** Address that the xDS server listens on. */
  readonly host: string;
  readonly certificateLifeSec: number;
  readonly log: (service: string) => Log;
  readonly signal: AbortSignal;
}

/** Starts a mesh with all services in this process, on adapters of memory. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<RunningMesh> {
  const { mesh, dir, log, signal } = options;
  await mkdir(dir, { recursive: true });
  const bus = createMemoryBus();
  const store = createMemoryStore();
  const jwks = join(dir, "jwks.json");
  await writeFile(jwks, JSON.stringify(options.tokens.keys));

  const controlPlane = await createControlPlaneRoot();
  const root = await openRoot({ path: join(dir, "ca"), create: true, trustDomain, now: nowSec() });
  const ca = await startCa({ mesh, trustDomain, validitySec: options.certificateLifeSec, root, bus, clock: systemClock, log: log("ca"), signal });
  const started = { watcher: Promise.withResolvers<void>(), compiler: Promise.withResolvers<void>() };
  const context = { mesh, osmNamespace };
  const watcher = () => runWatcher({ context, cluster: options.cluster, bus, now: Date.now, log: log("watcher"), signal, ready: started.watcher.resolve });
  const compiler = () =>
    runCompiler({ mesh, member: "compiler-0", settings: { trustDomain }, bus, store, log: log("compiler"), signal, ready: started.compiler.resolve });
  const services = runTasks(signal, watcher, compiler, () => ca.done);

  await Promise.race([Promise.all([ca.ready, started.watcher.promise, started.compiler.promise]), services]);
  const xds = createXdsReplica({ options, bus, store, jwks, controlPlane });
  const done = untilEnded(Promise.race([services, xds.failed]), xds.ended);
  done.catch(() => undefined);
  return {
    bus, xdsAddresses: [options.host], xdsPort: await xds.start(), controlPlaneRoot: controlPlane.certPem,
    stopXds: xds.stop, startXds: async () => void (await xds.start()), xdsMetrics: async () => [xds.metrics()], done,
  };
}

async function untilEnded(work: Promise<void>, ended: () => Promise<void>): Promise<void> {
  try {
    await work;
  } finally {
    await ended();
  }
}

interface ReplicaParts {
  readonly options: LocalMeshOptions;
  readonly bus: Bus;
  readonly store: Store;
  readonly jwks: string;
  readonly controlPlane: RootPem;
}

/** One xDS server that can be stopped and started again at the same port. */
function createXdsReplica({ options, bus, store, jwks, controlPlane }: ReplicaParts) {
  let port = 0;
  let running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  let metrics = createMetrics();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const held = holdSockets(({ localAddress }) => localAddress === options.host);
  const start = async (): Promise<number> => {
    metrics = createMetrics();
    const stop = new AbortController();
    const ready = Promise.withResolvers<number>();
    const deps: XdsDeps = {
      mesh: options.mesh, replica: "xds-0", address: `${options.host}:${port}`, tls: await serverCertificate(controlPlane, { dnsNames: [xdsServerName], ips: [options.host] }),
      issuers: [options.tokens.issuer], keys: keysFromFile(jwks, Date.now), bus, store, now: Date.now,
      log: options.log("xds"), metrics, signal: AbortSignal.any([options.signal, stop.signal]), ready: ready.resolve,
    };
    const done = runXds(deps);
    running = { stop, done };
    done.catch((error: unknown) => {
      ready.reject(error);
      failed.reject(error);
    });
    port = await ready.promise;
    return port;
  };
  const stop = async (): Promise<void> => {
    running?.stop.abort(new DOMException("stopped", "AbortError"));
    await running?.done;
  };
  /** To be called once the mesh's signal has aborted, or a service failed. */
  const ended = async (): Promise<void> => {
    if (options.signal.aborted) await running?.done.catch(() => undefined);
    held[Symbol.dispose]();
  };
  return { start, stop, ended, failed: failed.promise, metrics: () => metrics.text() };
}
