import type { Digest } from "@osm/model";
import type { VerdictPayload } from "@osm/wire";
import { expect, test } from "vitest";
import type { AdsClient } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { proxyOf, subjects, viewIdOf, type ViewSaid } from "./mesh-said.ts";

const words = "Error adding/updating route(s) route-cart: Unable to parse";

/** A proxy that takes everything but these versions of its route. */
async function served(bench: Bench, xds: RunningXds, options: { readonly uid?: string; readonly refuses?: ReadonlySet<string> } = {}): Promise<AdsClient> {
  const { uid = "web", refuses } = options;
  const client = await bench.open(xds, uid, { account: "web" });
  client.behave({ RDS: { subscribe: ["route-cart"] } }, ({ put }) => ([...put.values()].some((version) => refuses?.has(version)) ? words : undefined));
  return client;
}

function routeIn({ resources: { RDS: [route] } }: ViewSaid): Digest {
  if (!route) throw new Error("a view without a route");
  return route.digest;
}

function startSecond(bench: Bench): RunningXds {
  return bench.start(undefined, undefined, "xds-1");
}

interface Rejecting {
  readonly xds: RunningXds;
  readonly web: AdsClient;
  readonly good: string;
  readonly bad: Digest;
  readonly verdict: VerdictPayload;
}

/** The shop, of which the web's proxy was content with one route and refused the next. */
async function rejectedShop(bench: Bench): Promise<Rejecting> {
  await saidShop(bench);
  for (const uid of ["web-2", "web-3"]) await bench.compiler.proxy(proxyOf(uid, "web"));
  const xds = bench.start();
  const refuses = new Set<string>();
  const web = await served(bench, xds, { refuses });
  await web.until(({ RDS, EDS }) => RDS.size === 1 && EDS.size === 1);
  const good = web.held.RDS.get("route-cart") ?? "";
  const next = bench.compiler.made({ account: "web", services: ["cart"], edition: 1 });
  const bad = routeIn(next);
  refuses.add(bad);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  const verdict = await bench.verdict(bad);
  return { xds, web, good, bad, verdict };
}

test("a rejected version is told with Envoy's words and what was good before it, bytes included", async () => {
  await using bench = createBench();
  const { good, bad, verdict } = await rejectedShop(bench);
  expect(verdict).toMatchObject({ type: "RDS", name: "route-cart", digest: bad, words, sound: [{ digest: good, needs: ["cart"] }] });
  expect(Object.values(verdict.lastGood)).toEqual([good]);
  expect(verdict.sound[0]?.bytes).not.toBeNull();
});

test("the proxy that rejected it keeps what it has, and everything else goes on", async () => {
  await using bench = createBench();
  const { web, good } = await rejectedShop(bench);
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.9"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  await bench.compiler.view({ account: "web", services: ["cart", "mail"], edition: 1 }, bench.store);
  await web.until(({ LDS }) => LDS.has("listener-mail"));
  expect(web.held.RDS.get("route-cart")).toBe(good);
  await bench.settled(1);
});

test("a proxy that connects later is given the last good version", async () => {
  await using bench = createBench();
  const { xds, good, bad } = await rejectedShop(bench);
  const late = await served(bench, xds, { uid: "web-2" });
  await late.until(({ RDS, SDS }) => RDS.size === 1 && SDS.size === 2);
  expect(late.held.RDS.get("route-cart")).toBe(good);
  expect(late.received.flatMap(({ put }) => [...put.values()])).not.toContain(bad);
});

test("so does another replica, one that starts later and never saw the good version in any view", async () => {
  await using bench = createBench();
  const { good, bad } = await rejectedShop(bench);
  const second = startSecond(bench);
  const late = await served(bench, second, { uid: "web-2" });
  await late.until(({ RDS, SDS }) => RDS.size === 1 && SDS.size === 2);
  expect(late.held.RDS.get("route-cart")).toBe(good);
  expect(late.received.flatMap(({ put }) => [...put.values()])).not.toContain(bad);
});

test("a replica that runs already takes the version back from its proxies' targets", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await bench.compiler.proxy(proxyOf("web-2", "web"));
  const [first, second] = [bench.start(), startSecond(bench)];
  const next = bench.compiler.made({ account: "web", services: ["cart"], edition: 1 });
  const bad = routeIn(next);
  const there = await bench.open(second, "web-2", { account: "web" });
  const answered = async () => {
    const response = await there.next();
    there.ack(response);
    return response;
  };
  there.ask("CDS", {});
  await answered();
  there.ask("RDS", { subscribe: ["route-cart"] });
  const good = (await answered()).put.get("route-cart");
  const here = await served(bench, first, { refuses: new Set([bad]) });
  await here.until(({ RDS }) => RDS.get("route-cart") === good);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  const tried = await there.next();
  await second.line("verdict taken");
  there.ack(tried);

  expect(tried.put.get("route-cart")).toBe(bad);
  expect((await there.next()).put.get("route-cart")).toBe(good);
});

test("it is lifted when the view moves to another version", async () => {
  await using bench = createBench();
  const { web, bad } = await rejectedShop(bench);
  const view = await bench.compiler.view({ account: "web", services: ["cart"], edition: 2 }, bench.store);
  await web.until(({ RDS }) => RDS.get("route-cart") === routeIn(view));
  expect(routeIn(view)).not.toBe(bad);
});

test("once nobody says any more that it was rejected, a view that comes back to it has it tried again", async () => {
  await using bench = createBench();
  const { xds, web, bad } = await rejectedShop(bench);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 2 }, bench.store);
  await web.until(({ RDS }) => ![...RDS.values()].includes(bad));
  await bench.bus.publish(subjects.verdict(bad), undefined);
  await xds.line("verdict withdrawn");
  const before = web.received.length;
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await bench.verdict(bad);
  expect(web.received.slice(before).map(({ put }) => put.get("route-cart"))).toContain(bad);
});

test("a bus that lost its disk is told again", async () => {
  await using bench = createBench();
  const { bad, verdict } = await rejectedShop(bench);
  bench.bus.loseDisk();
  expect(await bench.verdict(bad)).toEqual(verdict);
});

test("a view that comes to a version which another one's proxy rejected keeps its own last good one, and says so", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const second = startSecond(bench);
  await bench.compiler.view({ account: "job", services: ["cart"], edition: 2 }, bench.store);
  const job = await bench.open(second, "job");
  job.behave({ RDS: { subscribe: ["route-cart"] } });
  await job.until(({ RDS }) => RDS.size === 1);
  const own = job.held.RDS.get("route-cart");

  const bad = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition: 1 }));
  const xds = bench.start();
  const web = await served(bench, xds, { refuses: new Set([bad]) });
  await web.until(({ RDS }) => RDS.size === 1);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await second.line("verdict taken");
  await bench.compiler.view({ account: "job", services: ["cart"], edition: 1 }, bench.store);
  const { lastGood } = await bench.verdict(bad, ({ lastGood: good }) => Object.keys(good).length === 2);
  expect(lastGood).toEqual({ [viewIdOf("web")]: web.held.RDS.get("route-cart"), [viewIdOf("job")]: own });
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.9"]);
  await job.until(({ EDS }) => EDS.get("cart") === digest);
  expect(job.received.flatMap(({ put }) => [...put.values()])).not.toContain(bad);
});

test("one that is rejected where nothing good is known is waited for, and the rest is served", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await bench.compiler.proxy(proxyOf("web-2", "web"));
  const xds = bench.start();
  const bad = routeIn(bench.compiler.made({ account: "web", services: ["cart"] }));
  await served(bench, xds, { refuses: new Set([bad]) });
  await bench.verdict(bad);
  const late = await served(bench, xds, { uid: "web-2" });
  await late.until(({ LDS, EDS, SDS }) => LDS.size === 1 && EDS.size === 1 && SDS.size === 2);
  await bench.settled(2);
  expect([...late.held.RDS]).toEqual([]);
});

test("who rejects what another proxy took is alone with its trouble", async () => {
  await using bench = createBench();
  await saidShop(bench);
  for (const uid of ["web-2", "web-3"]) await bench.compiler.proxy(proxyOf(uid, "web"));
  const xds = bench.start();
  const web = await served(bench, xds);
  await web.until(({ RDS }) => RDS.size === 1);
  const version = web.held.RDS.get("route-cart") ?? "";
  await served(bench, xds, { uid: "web-2", refuses: new Set([version]) });
  await xds.line("configuration rejected");
  await bench.compiler.endpoints("cart", ["10.0.0.9"]);
  expect(xds.lines.map(({ message }) => message)).not.toContain("version quarantined");
  const late = await bench.open(xds, "web-3", { account: "web" });
  late.behave({ RDS: { subscribe: ["route-cart"] } });
  await late.until(({ RDS }) => RDS.get("route-cart") === version);
});

test("what may revoke is refused in nobody's name but its own view's: a pod that refuses rules which let nobody in keeps no other's callers", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const door = ({ resources: { RDS } }: ViewSaid) => RDS.find(({ name }) => name === "rds-inbound.80")?.digest;
  const isShut = { doorEdition: 2 };
  const shut = door(bench.compiler.made({ account: "job", services: ["mail"], ...isShut }));
  const open = door(await bench.compiler.view({ account: "web", services: ["cart"], doorEdition: 1 }, bench.store));
  await bench.compiler.view({ account: "job", services: ["mail"], doorEdition: 1 }, bench.store);
  const subscribed = { RDS: { subscribe: ["rds-inbound.80"] } };
  const hostile = await bench.open(xds, "job");
  hostile.behave(subscribed, ({ put }) => ([...put.values()].some((version) => version === shut) ? words : undefined));
  const web = await bench.open(xds, "web");
  web.behave(subscribed);
  for (const client of [hostile, web]) await client.until(({ RDS }) => RDS.get("rds-inbound.80") === open);
  await bench.settled(2);

  await bench.compiler.view({ account: "job", services: ["mail"], ...isShut }, bench.store);
  if (!shut) throw new Error("no door");
  await bench.verdict(shut);
  await bench.compiler.view({ account: "web", services: ["cart"], ...isShut }, bench.store);
  await web.until(({ RDS }) => RDS.get("rds-inbound.80") === shut);
  await bench.compiler.proxy(proxyOf("web-2", "web"));
  const late = await bench.open(xds, "web-2", { account: "web" });
  late.behave(subscribed);
  await late.until(({ RDS }) => RDS.get("rds-inbound.80") === shut);
  expect(hostile.held.RDS.get("rds-inbound.80")).toBe(open);
});
