import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "@osm/bus";
import { settled } from "@osm/cli/dev";
import { meshName, type Identity } from "@osm/model";
import { freePort, loopbackCertificate } from "@osm/testkit";
import { startNatsMeshes } from "../../libs/bus/test/nats-meshes.ts";
import { startRedis } from "../../libs/store/test/redis-server.ts";
import { connect } from "../../services/xds/test/ads-client.ts";
import { createTokenKey, issuer } from "../../services/xds/test/tokens.ts";
import { startService, type ServiceProcess } from "./service-process.ts";

export const mesh = meshName("osm");

/** A pod, and the xDS server that its sidecar is connected to. */
export interface TracedPod {
  readonly uid: string;
  readonly identity: Identity;
  readonly replica: "xds-0" | "xds-1";
  /** Routes that its listeners name, which a sidecar asks for. */
  readonly routes: readonly string[];
}

/** A mesh of separate processes that send their spans to a collector. */
export interface TracedMesh extends AsyncDisposable {
  /** Connects a sidecar for each pod, and waits until all have everything. */
  connect(pods: readonly TracedPod[]): Promise<void>;
  /** What a replica's `/metrics` says. */
  metrics(replica: string): Promise<string>;
  /** Everything that the processes have logged. */
  said(): string;
  /** Ends all processes in good order. @returns their exit codes */
  stop(): Promise<readonly (number | null)[]>;
}

export interface TracedMeshOptions {
  readonly collector: string;
  readonly clusterUrl: string;
}

export async function startTracedMesh({ collector, clusterUrl }: TracedMeshOptions): Promise<TracedMesh> {
  await using opening = new AsyncDisposableStack();
  const nats = opening.use(await startNatsMeshes([mesh]));
  const redis = opening.use(await startRedis());
  const { folder } = nats.server;
  const tls = join(folder, "xds-tls");
  const key = createTokenKey("first");
  const root = await writeFiles(folder, tls, key.jwk);
  const ports = { "xds-0": await freePort(), "xds-1": await freePort() };
  const processes = new Map<string, ServiceProcess>();
  const start = async (service: "watcher" | "compiler" | "ca" | "xds", replica: string, env: Readonly<Record<string, string>> = {}) =>
    void processes.set(replica, opening.use(await startService(service, {
      OSM_MESH_NAME: mesh, OSM_REPLICA: replica,
      OSM_BUS_URL: `tls://127.0.0.1:${nats.server.port}?maxBytes=8388608&credentials=${nats.credentials(mesh, service)}`, OSM_STORE_URL: `redis://127.0.0.1:${redis.port}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_BSP_SCHEDULE_DELAY: "50", ...env,
    })));
  const xdsEnv = (replica: keyof typeof ports) => ({
    OSM_XDS_ADDRESS: `127.0.0.1:${ports[replica]}`, OSM_XDS_TLS_DIR: tls, OSM_TOKEN_ISSUERS: issuer, OSM_TOKEN_KEYS: join(folder, "jwks.json"),
  });
  await start("watcher", "watcher-0", { OSM_CLUSTER_URL: clusterUrl });
  await Promise.all([
    start("ca", "ca-0", { OSM_CA_ROOT_DIR: join(folder, "root"), OSM_CA_CREATE_ROOT: "true" }),
    start("compiler", "compiler-0"), start("compiler", "compiler-1"),
    start("xds", "xds-0", xdsEnv("xds-0")), start("xds", "xds-1", xdsEnv("xds-1")),
  ]);
  const bus: Bus = opening.use(await nats.open(mesh, "cli"));
  const running = opening.move();
  return {
    connect: async (pods) => {
      await Promise.all(pods.map(async ({ uid, identity, replica, routes }) => {
        const client = running.use(connect({ port: ports[replica], root, token: key.token({ uid, identity, now: Date.now() }) }));
        client.behave({ RDS: { subscribe: routes } });
        await client.until(({ LDS, RDS, SDS }) => LDS.size > 0 && routes.every((name) => RDS.has(name)) && SDS.size === 2);
      }));
      await settled(bus, mesh, { revision: 0, proxies: pods.length });
    },
    metrics: async (replica) => (await processes.get(replica)?.metrics()) ?? "",
    said: () => [...processes.values()].map(({ said }) => said()).join("\n"),
    stop: () => Promise.all([...processes.values()].map(({ stop }) => stop())),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** @returns what the xDS servers are trusted by. */
async function writeFiles(folder: string, tls: string, jwk: object): Promise<string> {
  await mkdir(tls);
  const { certificate, key } = await loopbackCertificate(tls, ["DNS:localhost"]);
  const root = await readFile(certificate, "utf8");
  await writeFile(join(tls, "tls.crt"), root);
  await writeFile(join(tls, "tls.key"), await readFile(key, "utf8"), { mode: 0o600 });
  await writeFile(join(folder, "jwks.json"), JSON.stringify({ keys: [jwk] }));
  return root;
}
