import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openBus, type Bus } from "@osm/bus";
import type { MeshName } from "@osm/model";
import { osmNamespace, trustDomain, xdsServerName } from "../names.ts";
import type { RunningMesh } from "../running-mesh.ts";
import type { MeshPlace } from "../sandboxed-mesh.ts";
import { createControlPlaneRoot, serverCertificate } from "../server-certificate.ts";
import { prepareBackbone, type Backbone } from "./backbone.ts";
import { writeCredentials, type User } from "./credentials.ts";
import { joinedBus } from "./joined-bus.ts";
import type { ManagedProcess } from "./managed-process.ts";
import { metricsOf, prepareReplica, type Replica } from "./service-processes.ts";

export interface DistributedOptions extends MeshPlace {
  /** Folders of manifests that are the cluster, beside that of what runs. */
  readonly folders: readonly string[];
  /** In place of the folders: what watchers read, and whose keys judge tokens. */
  readonly kubernetes?: KubernetesPlace;
  /** How many watchers; one when left out. */
  readonly watchers?: number;
  /** How many processes of each other service; two when left out. */
  readonly replicas?: 1 | 2;
  /** Where xDS servers listen at their addresses; Envoy's usual port for it when left out. */
  readonly xdsPort?: number;
  /** Meshes that will be started on the same NATS and Redis. */
  readonly beside?: readonly MeshName[];
  /** NATS and Redis of a mesh that runs, which was started with this one beside it. */
  readonly backbone?: Backbone;
  /** Address that NATS and Redis listen on; the loopback when left out. */
  readonly listen?: string;
  /** Address where a process reaches them; the loopback when left out. */
  readonly backboneFor?: (replica: string) => string;
  readonly redisExtra?: string;
}

/** A Kubernetes API, and the accounts by which it is asked. */
export interface KubernetesPlace {
  /** The kubeconfig by which a watcher reads it. */
  readonly kubeconfigOf: (replica: string) => string;
  readonly host: string;
  readonly port: number;
  /** Folder with `token` and `ca.crt`, as an xDS server's account is mounted. */
  readonly accountDir: string;
}

/** A mesh of which each service is several processes, on NATS and Redis. */
export interface DistributedMesh extends RunningMesh {
  readonly backbone: Backbone;
  readonly replicas: readonly Replica[];
  /** Where its passwords and keys are. */
  readonly dir: string;
}

/** The address is one of this sandbox alone, so nobody else is there. */
const usualXdsPort = 15_128;
const loopback = "127.0.0.1";
const startMs = 60_000;

/** Starts NATS, Redis and every service, and waits until all are ready. @throws Error with the last words of what is not. */
export async function startDistributedMesh(options: DistributedOptions): Promise<DistributedMesh> {
  const { dir, signal } = options;
  await using starting = new AsyncDisposableStack();
  const prepared = await prepare(options);
  const { backbone, replicas } = prepared;
  // In reverse: who serves proxies ends first, the backbone last, by whoever started it.
  const servers = options.backbone ? [] : [backbone.nats, backbone.redis, backbone.redisFront];
  for (const server of servers) starting.defer(() => server.end());
  for (const replica of replicas) starting.defer(() => replica.end());
  const failed = Promise.race([...replicas, ...servers].map((each) => each.failed));
  failed.catch(() => undefined);
  await Promise.race([startAll([servers, replicas]), failed, untilAborted(signal)]);
  signal.throwIfAborted();
  const bus = starting.use(await lookAt(options, backbone));
  const closing = starting.move();
  const xds = replicas.filter(({ service }) => service === "xds");
  const done = untilEnded(Promise.race([failed, untilAborted(signal)]), closing);
  done.catch(() => undefined);
  return {
    bus, dir, backbone, replicas, done, xdsPort: options.xdsPort ?? usualXdsPort, xdsAddresses: options.hosts, controlPlaneRoot: prepared.controlPlaneRoot,
    stopXds: async () => void (await Promise.all(xds.map((each) => each.end()))),
    startXds: async () => void (await Promise.all(xds.map((each) => each.start()))),
    xdsMetrics: () => Promise.all(xds.map(metricsOf)),
  };
}

/** One group after the other. @throws Error that names what is not ready after a minute. */
async function startAll(groups: readonly (readonly ManagedProcess[])[]): Promise<void> {
  const waiting = new Set(groups.flat().map(({ name }) => name));
  const late = untilAborted(AbortSignal.timeout(startMs)).then(() => {
    throw new Error(`not ready after ${startMs / 1000} s: ${[...waiting].join(", ")}`);
  });
  late.catch(() => undefined);
  const start = async (each: ManagedProcess) => {
    await each.start();
    waiting.delete(each.name);
  };
  for (const group of groups) await Promise.race([Promise.all(group.map(start)), late]);
}

/** All files, and a plan for each process. */
async function prepare(options: DistributedOptions) {
  const { mesh, dir, hosts, tokens, backboneFor = () => loopback } = options;
  const [logs, tlsDir] = [join(dir, "logs"), join(dir, "xds-tls")];
  for (const folder of [dir, logs, tlsDir]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, "jwks.json"), JSON.stringify(tokens.keys));

  const controlPlane = await createControlPlaneRoot();
  const xdsPem = await serverCertificate(controlPlane, { dnsNames: [xdsServerName], ips: hosts });
  await writeFile(join(tlsDir, "tls.crt"), xdsPem.certificate);
  await writeFile(join(tlsDir, "tls.key"), xdsPem.key, { mode: 0o600 });
  const backbone = options.backbone ?? (await ownBackbone(options, { logs, controlPlane }));
  const replicas: Replica[] = [];
  for (const [service, name, at] of namesOf(options)) {
    const env = environmentOf(options, { service, name, address: hosts[at] ?? hosts[0], tlsDir });
    replicas.push(await prepareReplica({ mesh, service, name, host: backboneFor(name), backbone, logs, env }));
  }
  return { backbone, replicas, controlPlaneRoot: controlPlane.certPem };
}

interface OwnGround {
  readonly logs: string;
  readonly controlPlane: Awaited<ReturnType<typeof createControlPlaneRoot>>;
}

async function ownBackbone(options: DistributedOptions, { logs, controlPlane }: OwnGround): Promise<Backbone> {
  const { mesh, dir, beside = [], backboneFor = () => loopback, listen = loopback, redisExtra } = options;
  const { certPem } = controlPlane;
  const tenants = new Map([[mesh, await writeCredentials(join(dir, "credentials"), mesh, certPem)]]);
  for (const other of beside) tenants.set(other, await writeCredentials(join(dir, `credentials-${other}`), other, certPem));
  const tls = await serverCertificate(controlPlane, { dnsNames: ["localhost"], ips: [...new Set([loopback, ...namesOf(options).map(([, name]) => backboneFor(name))])] });
  return prepareBackbone({ mesh, dir: join(dir, "backbone"), logs, listen, tls, tenants, ...(redisExtra === undefined ? {} : { redisExtra }) });
}

function namesOf({ watchers = 1, replicas = 2 }: DistributedOptions): readonly (readonly [User, string, number])[] {
  const counts = { watcher: watchers, compiler: replicas, ca: replicas, xds: replicas };
  return (["watcher", "compiler", "ca", "xds"] as const).flatMap((service) => Array.from({ length: counts[service] }, (_, at) => [service, `${service}-${at}`, at] as const));
}

interface Told {
  readonly service: User;
  readonly name: string;
  readonly address: string;
  readonly tlsDir: string;
}

function environmentOf(options: DistributedOptions, { service, name, address, tlsDir }: Told): Readonly<Record<string, string>> {
  const { dir, running, folders, tokens, kubernetes, certificateLifeSec, xdsPort = usualXdsPort } = options;
  switch (service) {
    case "watcher":
      return { OSM_NAMESPACE: osmNamespace, OSM_CLUSTER_URL: kubernetes ? `kubernetes:${kubernetes.kubeconfigOf(name)}` : `folder:${[...folders, running].join(",")}` };
    case "compiler":
      return { OSM_TRUST_DOMAIN: trustDomain };
    case "ca":
      return { OSM_TRUST_DOMAIN: trustDomain, OSM_SERVICE_CERT_VALIDITY: `${certificateLifeSec}s`, OSM_CA_ROOT_DIR: join(dir, "ca"), OSM_CA_CREATE_ROOT: "true" };
    case "xds":
      return { OSM_XDS_ADDRESS: `${address}:${xdsPort}`, OSM_XDS_TLS_DIR: tlsDir, OSM_TOKEN_ISSUERS: tokens.issuer, ...keysFor(dir, kubernetes) };
  }
}

function keysFor(dir: string, kubernetes: KubernetesPlace | undefined): Readonly<Record<string, string>> {
  if (!kubernetes) return { OSM_TOKEN_KEYS: join(dir, "jwks.json") };
  const { host, port, accountDir } = kubernetes;
  return { OSM_TOKEN_KEYS: `kubernetes:${accountDir}`, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: `${port}` };
}

async function lookAt({ mesh, signal, log }: DistributedOptions, { busUrl }: Backbone): Promise<Bus> {
  const open = (user: User) => openBus(busUrl(user, loopback), { mesh, signal, log: log("bus") });
  return joinedBus({ watcher: await open("watcher"), compiler: await open("compiler"), xds: await open("xds") });
}

async function untilEnded(life: Promise<void>, closing: AsyncDisposable): Promise<void> {
  await using _closing = closing;
  await life;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

