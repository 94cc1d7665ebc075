import type { WatchEvent } from "@osm/bus";
import { fileIn, remarksIn, type Remark } from "@osm/cli/dev";
import type { Pod } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { decodeJson, subjectsOf, verdictPayload } from "@osm/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startLoad } from "../src/story/load.ts";
import { mesh } from "../src/story/stage.ts";
import { olderSidecar } from "./older-sidecar.ts";
import { httpRoutes, namespace, target, type Manifest } from "./shop-manifests.ts";
import { openShop, type Shop } from "./shop.ts";

const httpPort = [{ name: "http", port: 80, targetPort: 8080 }];
const buy = { name: "buy", pathRegex: "/buy(/.*)?", methods: ["GET"] };
const see = { name: "see", pathRegex: "/see", methods: ["GET"] };
/** Small enough for the compiler, and too large for the sidecars of this test. */
const tooLarge = "/odd/[a-z0-9]{200}";
const odd = (pathRegex: string) => ({ name: "odd", pathRegex, methods: ["GET"] });
const grant = (to: string, routes: string) => target({ name: routes, from: ["buyer"], to, rule: { kind: "HTTPRouteGroup", name: routes } });
/** Its protocol stands beside the port's name: where the name changed, its endpoints would be other ones for a moment. */
const side = { name: "side", clusterIP: "10.96.0.11", selector: { app: "side" }, ports: [{ name: "", port: 80, targetPort: 8080, appProtocol: "http" }] };
/** A port that says nothing of its protocol is looked at by the client's own listener. */
const unsaid = [{ name: "", port: 80, targetPort: 8080 }];
const odds = { name: "odds", clusterIP: "10.96.0.12", selector: { app: "side" }, ports: unsaid };
/** Calls between two changes. */
const lead = 60;

function splitByRoutes(of: string, group: string): Manifest {
  const spec = { service: of, backends: [{ service: of, weight: 1 }], matches: [{ kind: "HTTPRouteGroup", name: group }] };
  return { apiVersion: "split.smi-spec.io/v1alpha4", kind: "TrafficSplit", metadata: { name: of, namespace }, spec };
}

needs("root", "netns", "ip", "iptables", "envoy")("configuration that sidecars refuse", () => {
  let [shop, buyer]: [Shop | undefined, Pod | undefined] = [undefined, undefined];
  const closing = new AsyncDisposableStack();
  const ended = new AbortController();

  beforeAll(async () => {
    const { envoyBin } = closing.use(await olderSidecar());
    shop = closing.use(await openShop({
      envoyBin,
      accounts: ["web", "side", "buyer"],
      services: [
        { name: "web", clusterIP: "10.96.0.10", selector: { kind: "web" }, ports: httpPort },
        side,
      ],
    }));
    [buyer] = await shop.start(
      { name: "buyer", account: "buyer" },
      { name: "buyer-2", account: "buyer" },
      { name: "web", account: "web", labels: { kind: "web" }, ports: [8080] },
      { name: "side", account: "side", ports: [8080] },
    );
    await shop.put("routes.yaml", [httpRoutes("routes", [buy])]);
    await shop.put("side-routes.yaml", [httpRoutes("side-routes", [buy])]);
    await shop.put("grants.yaml", [grant("web", "routes"), grant("side", "side-routes")]);
  });
  afterAll(async () => {
    ended.abort();
    await closing.disposeAsync();
  });
  const running = () => {
    if (!shop || !buyer) throw new Error("the shop did not open");
    return { shop, buyer };
  };
  /** The verdict that stands on a resource, or its end. */
  const verdictOn = async (name: string, isWanted: (event: WatchEvent & { readonly kind: "entry" }) => boolean) => {
    for await (const event of running().shop.stage.mesh.bus.watch(subjectsOf(mesh).verdicts, { signal: ended.signal })) {
      if (event.kind === "entry" && isWanted(event)) return event.entry;
    }
    throw new Error(`nothing was said of ${name}`);
  };
  const rejectionOf = async (name: string) => {
    const { subject } = await verdictOn(name, ({ entry }) => entry.bytes !== undefined && decodeJson(verdictPayload, entry.bytes).name === name);
    return { lifted: () => verdictOn(name, ({ entry }) => entry.subject === subject && entry.bytes === undefined) };
  };
  /** Resolves when the remarks on an object are as wanted. */
  const remarked = async (ref: string, isWanted: (remarks: readonly Remark[]) => boolean): Promise<readonly Remark[]> => {
    const { bus } = running().shop.stage.mesh;
    for await (const remarks of remarksIn(bus, mesh, { fileOf: fileIn([running().shop.stage.policies]), signal: ended.signal })) {
      const own = remarks.filter(({ finding }) => finding.on === ref);
      if (own.length > 0 && isWanted(own)) return own;
    }
    throw new Error(`nothing was remarked on ${ref}`);
  };

  test("keeps to itself: traffic, other changes and new pods go on, its author is told, and a mended manifest ends it", async () => {
    const { shop, buyer } = running();
    const load = await startLoad(buyer, { url: "http://web.shop/buy", rate: 60, connections: 10, byHeader: "name" });
    await load.more(lead);
    await shop.put("routes.yaml", [httpRoutes("routes", [buy, odd(tooLarge)])]);
    const rejection = await rejectionOf("rds-inbound.8080");

    const [remark] = await remarked("HTTPRouteGroup/shop/routes", (own) => own.some(({ finding }) => finding.code === "RESOURCE_REJECTED"));
    expect(remark?.finding.detail).toContain("max program size");
    expect(remark?.file).toBe(`${shop.stage.policies}/0-routes.yaml`);
    await load.more(lead);

    await shop.put("beside.yaml", [httpRoutes("beside-routes", [see]), grant("side", "beside-routes")]);
    const beside = await (await startLoad(buyer, { url: "http://side.shop/see", rate: 100, connections: 10, count: 100 })).done();
    expect(beside.answers).toEqual({ 200: beside.sent });

    await shop.start({ name: "web-2", account: "web", labels: { kind: "web" }, ports: [8080] });
    await load.more(4 * lead);
    expect(load.soFar().answers["200 web-2"]).toBeGreaterThan(0);

    await shop.put("routes.yaml", [httpRoutes("routes", [buy, odd("/odd/[a-z0-9]+")])]);
    await rejection.lifted();
    const mended = await (await startLoad(buyer, { url: "http://web.shop/odd/a1", rate: 100, connections: 10, count: 100 })).done();
    expect(mended.answers).toEqual({ 200: mended.sent });
    const report = await load.stop();
    expect((report.answers["200 web"] ?? 0) + (report.answers["200 web-2"] ?? 0), JSON.stringify(report)).toBe(report.sent);
  });

  test("reaches one of several proxies, where it says how others are called", async () => {
    const { shop, buyer } = running();
    const load = await startLoad(buyer, { url: "http://web.shop/buy", rate: 60, connections: 10 });
    await shop.put("odd-routes.yaml", [httpRoutes("odd-routes", [odd(tooLarge)])]);
    const sent = async () => Number(/^mesh_resources_sent_total\{type="RDS"\} (\d+)$/m.exec((await shop.stage.mesh.xdsMetrics()).join("\n"))?.[1]);
    const before = await sent();
    await shop.put("split.yaml", [splitByRoutes("web", "odd-routes")]);
    const rejection = await rejectionOf("rds-outbound.shop/web|80");
    await load.more(lead);
    expect((await sent()) - before).toBe(1);
    await shop.withdraw("split.yaml");
    await rejection.lifted();
    const report = await load.stop();
    expect(report.answers).toEqual({ 200: report.sent });
  });

  test("is a listener: nobody gets it, new pods start without it, and the Service carries Envoy's words", async () => {
    const { shop, buyer } = running();
    const load = await startLoad(buyer, { url: "http://web.shop/buy", rate: 60, connections: 10 });
    await load.more(lead);
    const before = await listenersOf(buyer);
    await shop.offer(odds);
    const rejection = await rejectionOf(`${odds.clusterIP}:80`);
    const [remark] = await remarked("Service/shop/odds", (own) => own.some(({ finding }) => finding.code === "RESOURCE_REJECTED"));
    expect(remark?.finding.detail).toContain("http_inspector");
    expect(remark?.file).toBe(`${shop.stage.policies}/0-service-odds.yaml`);

    const [late] = await shop.start({ name: "buyer-3", account: "buyer" });
    if (!late) throw new Error("no pod was started");
    expect([await listenersOf(late), await listenersOf(buyer)]).toEqual([before, before]);
    const beside = await (await startLoad(late, { url: "http://web.shop/buy", rate: 100, connections: 10, count: 100 })).done();
    expect(beside.answers).toEqual({ 200: beside.sent });

    await shop.close(odds.name);
    await rejection.lifted();
    await load.more(lead);
    const report = await load.stop();
    expect(report.answers).toEqual({ 200: report.sent });
  });

  test("is a port's listener since its Service says less: the one before goes on, for new pods as well, with the cluster that is its own", async () => {
    const { shop, buyer } = running();
    const load = await startLoad(buyer, { url: "http://side.shop/buy", rate: 60, connections: 10 });
    await load.more(lead);
    await shop.offer({ ...side, ports: unsaid });
    const rejection = await rejectionOf(`${side.clusterIP}:80`);
    await load.more(lead);

    const [late] = await shop.start({ name: "buyer-4", account: "buyer" });
    if (!late) throw new Error("no pod was started");
    const fresh = await (await startLoad(late, { url: "http://side.shop/buy", rate: 100, connections: 10, count: 100 })).done();
    expect(fresh.answers).toEqual({ 200: fresh.sent });
    for (const pod of [buyer, late]) expect(await clustersOf(pod)).toEqual(expect.arrayContaining(["shop/side|8080", "shop/side|8080|osm-http"]));

    await shop.offer(side);
    await rejection.lifted();
    await load.more(lead);
    const report = await load.stop();
    expect(report.answers).toEqual({ 200: report.sent });
  });
});

async function clustersOf(pod: Pod): Promise<readonly string[]> {
  const { configs } = z.object({ configs: z.array(z.object({ cluster: z.object({ name: z.string() }) })) }).parse(JSON.parse(await pod.admin("/config_dump?resource=dynamic_active_clusters")));
  return configs.map(({ cluster }) => cluster.name);
}

const dump = z.object({ configs: z.array(z.object({ name: z.string().optional(), active_state: z.object({}).optional() })) });

/** Names of the listeners that a sidecar has in force; what it refused is shown without a name. */
async function listenersOf(pod: Pod): Promise<readonly string[]> {
  const { configs } = dump.parse(JSON.parse(await pod.admin("/config_dump?resource=dynamic_listeners")));
  return configs.flatMap(({ name, active_state: active }) => (name !== undefined && active ? [name] : [])).toSorted();
}
