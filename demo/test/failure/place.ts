import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { metricsOf, startDistributedMesh, xdsServerName, type DistributedMesh, type DistributedOptions, type ManagedProcess } from "@osm/cli/dev";
import type { Pod } from "@osm/sandbox";
import { blobPrefix, decodeJson, sentOffering, sentView, subjectsOf } from "@osm/wire";
import { mesh as meshName } from "../../src/story/stage.ts";
import { openShop, type Shop } from "../shop.ts";
import { httpRoutes, target } from "../shop-manifests.ts";
import { startAssault, type Assault } from "./hostile/assault.ts";
import type { Attack } from "./hostile/attacks.ts";
import { openApiGround, type ApiGround } from "./kubernetes/api-ground.ts";
import { neighbour, startNeighbour, type Neighbour } from "./neighbour.ts";
import type { Cut } from "./network-cut.ts";
import { tellRedis } from "./redis-desk.ts";

/** What a mesh stands on: folders of manifests; a Kubernetes API; folders, and a NATS and a Redis that another mesh uses too. */
export type Ground = "folders" | "kubernetes" | "shared";

/** A mesh of separate processes in a network namespace of its own, with two pairs that talk. */
export interface Place extends AsyncDisposable {
  readonly mesh: DistributedMesh;
  readonly shop: Shop;
  readonly buyer: Pod;
  readonly clerk: Pod;
  /** Pods that a fault has brought, until it is mended. */
  readonly guests: Pod[];
  /** `busy-xds` is the server that had the most proxies when it was last looked. */
  readonly process: (name: string) => ManagedProcess;
  readonly lookWhoIsBusy: () => Promise<void>;
  /** Where this process alone reaches NATS, or Redis. */
  readonly natsOf: (replica: string) => Cut;
  readonly redisOf: (replica: string) => Cut;
  readonly xdsAt: (replica: string) => Cut;
  /** Redis loses all, or has something else under each key; then the busy xDS server begins anew, and has nothing but that to warm from. */
  readonly flushed: () => Promise<void>;
  readonly poisoned: () => Promise<void>;
  /** Attacks all xDS servers in the name of one more pod of the mesh; resolves once each attack has done harm. */
  readonly attack: (attacks: readonly Attack[]) => Promise<void>;
  readonly endAttack: () => Promise<void>;
  /** Only where it stands on one. */
  readonly kubernetes: () => ApiGround;
  readonly neighbour: () => Neighbour;
  /** Proxies that an xDS server has now; and how often it has ended a stream to hand it over. */
  readonly proxiesOf: (replica: string) => Promise<number>;
  readonly handedOverBy: (replica: string) => Promise<number>;
  /** Rejects when its ground fails. */
  readonly failed: Promise<never>;
}

/** Pods that stand throughout. */
export const standing = 4;
export const routes = (more: readonly string[]) =>
  httpRoutes("routes", ["/buy", ...more].map((path) => ({ name: path.slice(1), pathRegex: path, methods: ["GET"] })));

const http = [{ name: "http", port: 80, targetPort: 8080 }];
const processes = ["watcher-0", "watcher-1", "compiler-0", "compiler-1", "ca-0", "ca-1", "xds-0", "xds-1"];
const addressOf = (replica: string) => `127.0.1.${processes.indexOf(replica) + 1}`;

export async function openPlace(ground: Ground): Promise<Place> {
  await using opening = new AsyncDisposableStack();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const api = ground === "kubernetes" ? opening.use(await openApiGround()) : undefined;
  const neighbours: Neighbour[] = [];
  const admin = { user: "failure-suite", password: randomBytes(24).toString("base64url") };
  const hash = createHash("sha256").update(admin.password).digest("hex");
  const begun: DistributedMesh[] = [];
  const shop = opening.use(await openShop({
    accounts: ["web", "side", "buyer", "clerk", "stranger"],
    services: [
      { name: "web", clusterIP: "10.96.0.10", selector: { kind: "web" }, ports: http },
      { name: "side", clusterIP: "10.96.0.11", selector: { kind: "side" }, ports: http },
    ],
    ...(api === undefined ? {} : { tokens: api.tokens, announce: api.announce }),
    start: async (place, folders) => {
      const options: DistributedOptions = {
        ...place, folders, watchers: 2, listen: "0.0.0.0", backboneFor: addressOf, redisExtra: `user ${admin.user} on #${hash} ~* +@all\n`,
        ...(api === undefined ? {} : { kubernetes: api.place }), ...(ground === "shared" ? { beside: [neighbour] } : {}),
      };
      api?.follow([...folders, place.running], place.signal).catch(failed.reject);
      const started = await startDistributedMesh(options);
      begun.push(started);
      if (ground === "shared") neighbours.push(await startNeighbour(place, started.backbone));
      return started;
    },
  }));
  const [mesh] = begun;
  if (!mesh) throw new Error("the mesh was not started");
  const { ports } = mesh.backbone;
  const all = new Map([...mesh.replicas, mesh.backbone.nats, mesh.backbone.redis].map((each) => [each.name, each]));
  const process = (name: string) => {
    const found = all.get(named(name));
    if (!found) throw new Error(`no process ${name}`);
    return found;
  };
  const [buyer, clerk] = await openPairs(shop);
  const credentials = join(shop.stage.dir, "control-plane/credentials");
  const tell = (who: { readonly user: string; readonly password: string }, commands: readonly (readonly string[])[]) =>
    tellRedis({ ...who, port: ports.redis, root: join(credentials, "xds/ca.crt") }, commands);
  let busy = "xds-0";
  let assault: Assault | undefined;
  const named = (name: string) => (name === "busy-xds" ? busy : name);
  const renewed = async () => {
    await process("busy-xds").kill();
    await process("busy-xds").start();
  };
  const closing = opening.move();
  const counted = (sample: string) => async (replica: string) => {
    const found = mesh.replicas.find(({ name }) => name === named(replica));
    return found ? countOf(await metricsOf(found), sample) : Number.NaN;
  };
  return {
    mesh, shop, buyer, clerk, process,
    guests: [],
    failed: failed.promise,
    proxiesOf: counted(connected),
    handedOverBy: counted('mesh_streams_ended_total{reason="handed-over"}'),
    kubernetes: () => api ?? absent("Kubernetes API"),
    neighbour: () => neighbours[0] ?? absent("other mesh"),
    attack: async (attacks) => {
      const tokenFile = await strangersToken(shop);
      assault = await startAssault({ attacks, lines: 2, hosts: mesh.xdsAddresses, port: mesh.xdsPort, serverName: xdsServerName, root: mesh.controlPlaneRoot, tokenFile });
    },
    endAttack: async () => {
      await assault?.end();
    },
    lookWhoIsBusy: async () => {
      busy = await busiestOf(mesh);
    },
    natsOf: (replica) => ({ address: addressOf(named(replica)), port: ports.nats }),
    redisOf: (replica) => ({ address: addressOf(named(replica)), port: ports.redis }),
    xdsAt: (replica) => ({ address: mesh.xdsAddresses[named(replica) === "xds-0" ? 0 : 1] ?? "", port: mesh.xdsPort }),
    flushed: async () => {
      await tell(admin, [["FLUSHALL"]]);
      await renewed();
    },
    poisoned: async () => {
      const password = (await readFile(join(credentials, "compiler/password"), "utf8")).trim();
      const keys = (await digestsOf(mesh)).map((digest) => `${blobPrefix(meshName)}${digest}`);
      await tell({ user: `${meshName}-compiler`, password }, keys.map((key) => ["SET", key, "not what it was"]));
      await renewed();
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function openPairs(shop: Shop): Promise<readonly [Pod, Pod]> {
  const [buyer, clerk] = await shop.start(
    { name: "buyer", account: "buyer" },
    { name: "clerk", account: "clerk" },
    { name: "web", account: "web", labels: { kind: "web" }, ports: [8080] },
    { name: "side", account: "side", labels: { kind: "side" }, ports: [8080] },
  );
  if (!buyer || !clerk) throw new Error("four pods were started");
  await shop.put("routes.yaml", [routes([])]);
  const rule = { kind: "HTTPRouteGroup", name: "routes" } as const;
  await shop.put("web.yaml", [target({ name: "web", from: ["buyer"], to: "web", rule: { ...rule, matches: ["buy"] } })]);
  await shop.put("side.yaml", [target({ name: "side", from: ["clerk"], to: "side", rule })]);
  return [buyer, clerk];
}

function absent(what: string): never {
  throw new Error(`the mesh does not stand on a ground with a ${what}`);
}

/** A pod of the mesh that no policy names. Who attacks has its token. */
async function strangersToken(shop: Shop): Promise<string> {
  const { dir, sandbox } = shop.stage;
  const pods = join(dir, "pods", sandbox.id);
  if (!(await readdir(pods)).includes("shop.stranger")) await shop.start({ name: "stranger", account: "stranger" });
  return join(pods, "shop.stranger/token/token");
}

const connected = "mesh_proxies_connected";

function countOf(metrics: string, sample: string): number {
  return Number(metrics.split("\n").find((line) => line.startsWith(`${sample} `))?.slice(sample.length) ?? 0);
}

async function busiestOf({ replicas }: DistributedMesh): Promise<string> {
  const xds = replicas.filter(({ service, pid }) => service === "xds" && pid() !== undefined);
  const counted = await Promise.all(xds.map(async (each) => ({ name: each.name, proxies: countOf(await metricsOf(each), connected) })));
  const [first] = counted.toSorted((a, b) => b.proxies - a.proxies);
  if (!first || first.proxies === 0) throw new Error("no xDS server has a proxy");
  return first.name;
}

/** Of all resources that views have now, and of what their lists travel in. */
async function digestsOf({ bus }: DistributedMesh): Promise<readonly string[]> {
  const subjects = subjectsOf(meshName);
  const own = await listedIn(bus, subjects.views, sentView);
  const offered = await listedIn(bus, subjects.offerings, sentOffering);
  return [...new Set([...own, ...offered])];
}

async function listedIn(bus: DistributedMesh["bus"], filter: string, schema: typeof sentView | typeof sentOffering): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const event of bus.watch(filter, { signal: AbortSignal.timeout(20_000) })) {
    if (event.kind === "current") break;
    if (event.kind !== "entry" || !event.entry.bytes) continue;
    const { resources } = decodeJson(schema, event.entry.bytes);
    for (const list of Object.values(resources)) found.push(...("parts" in list ? list.parts : list.map(({ digest }) => digest)));
  }
  return found;
}
