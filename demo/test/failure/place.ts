import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { metricsOf, startDistributedMesh, type DistributedMesh, type ManagedProcess } from "@osm/cli/dev";
import type { Pod } from "@osm/sandbox";
import { blobPrefix, decodeJson, subjectsOf, viewPayload } from "@osm/wire";
import { mesh as meshName } from "../../src/story/stage.ts";
import { openShop, type Shop } from "../shop.ts";
import { httpRoutes, target } from "../shop-manifests.ts";
import type { Cut } from "./network-cut.ts";
import { tellRedis } from "./redis-desk.ts";

/** A mesh of separate processes in a network namespace of its own, with two pairs that talk. */
export interface Place extends AsyncDisposable {
  readonly mesh: DistributedMesh;
  readonly shop: Shop;
  readonly buyer: Pod;
  readonly clerk: Pod;
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
}

/** Pods that stand throughout. */
export const standing = 4;
export const routes = (more: readonly string[]) =>
  httpRoutes("routes", ["/buy", ...more].map((path) => ({ name: path.slice(1), pathRegex: path, methods: ["GET"] })));

const http = [{ name: "http", port: 80, targetPort: 8080 }];
const processes = ["watcher-0", "watcher-1", "compiler-0", "compiler-1", "ca-0", "ca-1", "xds-0", "xds-1"];
const addressOf = (replica: string) => `127.0.1.${processes.indexOf(replica) + 1}`;

export async function openPlace(): Promise<Place> {
  await using opening = new AsyncDisposableStack();
  const admin = { user: "failure-suite", password: randomBytes(24).toString("base64url") };
  const hash = createHash("sha256").update(admin.password).digest("hex");
  const begun: DistributedMesh[] = [];
  const shop = opening.use(await openShop({
    accounts: ["web", "side", "buyer", "clerk"],
    services: [
      { name: "web", clusterIP: "10.96.0.10", selector: { kind: "web" }, ports: http },
      { name: "side", clusterIP: "10.96.0.11", selector: { kind: "side" }, ports: http },
    ],
    start: async (place, folders) => {
      const options = { ...place, folders, watchers: 2, listen: "0.0.0.0", backboneFor: addressOf, redisExtra: `user ${admin.user} on #${hash} ~* +@all\n` };
      const started = await startDistributedMesh(options);
      begun.push(started);
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
  const named = (name: string) => (name === "busy-xds" ? busy : name);
  const renewed = async () => {
    await process("busy-xds").kill();
    await process("busy-xds").start();
  };
  const closing = opening.move();
  return {
    mesh, shop, buyer, clerk, process,
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

async function busiestOf({ replicas }: DistributedMesh): Promise<string> {
  const xds = replicas.filter(({ service }) => service === "xds");
  const counted = await Promise.all(xds.map(async (each) => ({ name: each.name, proxies: Number(/^mesh_proxies_connected (\d+)$/m.exec(await metricsOf(each))?.[1] ?? 0) })));
  const [first] = counted.toSorted((a, b) => b.proxies - a.proxies);
  if (!first || first.proxies === 0) throw new Error("no xDS server has a proxy");
  return first.name;
}

/** Of all resources that views have now. */
async function digestsOf({ bus }: DistributedMesh): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const event of bus.watch(subjectsOf(meshName).views, { signal: AbortSignal.timeout(20_000) })) {
    if (event.kind === "current") break;
    if (event.kind !== "entry" || !event.entry.bytes) continue;
    const { resources } = decodeJson(viewPayload, event.entry.bytes);
    for (const { digest } of Object.values(resources).flat()) found.add(digest);
  }
  return [...found];
}
