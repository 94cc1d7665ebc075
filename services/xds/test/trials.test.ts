import { trialMs } from "@osm/ads";
import type { Digest } from "@osm/model";
import { expect, test } from "vitest";
import type { AdsClient, Received } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { proxyOf, viewIdOf, type ViewSaid } from "./mesh-said.ts";

const words = "Error adding/updating route(s) route-cart: no";

interface Crew {
  readonly xds: RunningXds;
  /** The first of the view's proxies, which tries what is new. It answers as it is told to. */
  readonly first: AdsClient;
  readonly others: readonly AdsClient[];
  /** What the first answers to this version from now on: words, or nothing at all. */
  readonly firstSays: (version: string, answer: string | null) => void;
}

/** The shop with three proxies of one view, all of them settled. */
async function crewOf(bench: Bench, doorEdition?: number): Promise<Crew> {
  await saidShop(bench);
  await bench.compiler.view({ account: "web", services: ["cart"], ...(doorEdition === undefined ? {} : { doorEdition }) }, bench.store);
  for (const uid of ["web-2", "web-3"]) await bench.compiler.proxy(proxyOf(uid, "web"));
  const xds = bench.start();
  const answers = new Map<string, string | null>();
  const refuses = ({ put }: Received) => [...put.values()].map((version) => answers.get(version)).find((answer) => answer !== undefined);
  const first = await joined(bench, xds, { uid: "web", refuses });
  const others = [await joined(bench, xds, { uid: "web-2" }), await joined(bench, xds, { uid: "web-3" })];
  await bench.settled(3);
  return { xds, first, others, firstSays: (version, answer) => void answers.set(version, answer) };
}

interface Joining {
  readonly uid: string;
  readonly account?: string;
  readonly refuses?: (response: Received) => string | undefined | null;
}

async function joined(bench: Bench, xds: RunningXds, { uid, account = "web", refuses = () => undefined }: Joining): Promise<AdsClient> {
  const service = account === "web" ? "cart" : "mail";
  const client = await bench.open(xds, uid, { account });
  client.behave({ RDS: { subscribe: [`route-${service}`, "rds-inbound.80"] } }, refuses);
  await client.until(({ RDS, EDS, SDS }) => RDS.has(`route-${service}`) && EDS.size === 1 && SDS.size === 2);
  return client;
}

function routeIn({ resources: { RDS } }: ViewSaid, name = "route-cart"): Digest {
  const route = RDS.find((each) => each.name === name);
  if (!route) throw new Error(`no ${name}`);
  return route.digest;
}

const got = ({ received }: AdsClient, version: string) => received.some(({ put }) => [...put.values()].includes(version));
const came = async (client: AdsClient, version: string) => {
  while (!got(client, version)) await client.next();
};

/** Endpoints go to all at once: what these proxies have not been sent when they have them, they were not sent before. */
async function wentByWithout(bench: Bench, proxies: readonly AdsClient[], version: string): Promise<void> {
  const digest = await bench.compiler.endpoints("cart", [`10.0.1.${nextAddress++}`]);
  for (const each of proxies) await each.until(({ EDS }) => EDS.get("cart") === digest);
  for (const each of proxies) expect(got(each, version)).toBe(false);
}
let nextAddress = 1;

test("a new version goes to one proxy first, and to the others when that one has accepted it", async () => {
  await using bench = createBench();
  const { first, others, firstSays } = await crewOf(bench);
  const next = bench.compiler.made({ account: "web", services: ["cart"], edition: 1 });
  const version = routeIn(next);
  firstSays(version, null);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await came(first, version);
  await wentByWithout(bench, others, version);

  const response = first.received.find(({ put }) => put.get("route-cart") === version);
  if (response) first.ack(response);
  for (const each of others) await each.until(({ RDS }) => RDS.get("route-cart") === version);
});

test("nobody who waits counts as settled", async () => {
  await using bench = createBench();
  const { first, firstSays } = await crewOf(bench);
  const version = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition: 1 }));
  firstSays(version, null);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await came(first, version);
  await bench.compiler.compiled(5000);
  await bench.progress(({ revision, proxies, settled }) => revision === 5000 && proxies === 3 && settled === 0);
  bench.clock.advance(trialMs);
  await bench.progress(({ revision, settled }) => revision === 5000 && settled === 2);
});

test("what the first one rejects nobody else is ever sent", async () => {
  await using bench = createBench();
  const { first, others, firstSays } = await crewOf(bench);
  const good = first.held.RDS.get("route-cart");
  const bad = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition: 1 }));
  firstSays(bad, words);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  expect(await bench.verdict(bad)).toMatchObject({ name: "route-cart", words, lastGood: { [viewIdOf("web")]: good } });
  bench.clock.advance(trialMs);
  await bench.settled(3);
  await wentByWithout(bench, others, bad);
  for (const each of others) expect(each.held.RDS.get("route-cart")).toBe(good);
});

test("an answer that does not come is waited for no longer than a moment", async () => {
  await using bench = createBench();
  const { first, others, firstSays } = await crewOf(bench);
  const version = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition: 1 }));
  firstSays(version, null);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await came(first, version);
  bench.clock.advance(trialMs - 1);
  await wentByWithout(bench, others, version);
  bench.clock.advance(1);
  for (const each of others) await each.until(({ RDS }) => RDS.get("route-cart") === version);
});

test("change upon change makes nobody wait for longer than one of them", async () => {
  await using bench = createBench();
  const { first, others, firstSays } = await crewOf(bench);
  const versions: Digest[] = [];
  for (const edition of [1, 2]) {
    const version = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition }));
    versions.push(version);
    firstSays(version, null);
    await bench.compiler.view({ account: "web", services: ["cart"], edition }, bench.store);
    // It is busy with the first of them: what comes after is owed until it answers.
    if (edition === 1) await came(first, version);
    await wentByWithout(bench, others.slice(1), version);
    bench.clock.advance(trialMs / 2);
  }
  for (const each of others) await each.until(({ RDS }) => RDS.get("route-cart") === versions[1]);
});

test("a proxy that comes meanwhile gets what the others have", async () => {
  await using bench = createBench();
  const { xds, first, others, firstSays } = await crewOf(bench);
  await bench.compiler.proxy(proxyOf("web-4", "web"));
  const version = routeIn(bench.compiler.made({ account: "web", services: ["cart", "mail"], edition: 1 }));
  const good = first.held.RDS.get("route-cart");
  firstSays(version, null);
  await bench.compiler.view({ account: "web", services: ["cart", "mail"], edition: 1 }, bench.store);
  await first.until(({ CDS }) => CDS.has("mail"));
  await came(first, version);
  const late = await joined(bench, xds, { uid: "web-4" });
  expect(late.held.RDS.get("route-cart")).toBe(good);
  expect([...late.held.CDS.keys()]).toEqual(["cart"]);
  bench.clock.advance(trialMs);
  for (const each of [...others, late]) await each.until(({ RDS, CDS }) => RDS.get("route-cart") === version && CDS.has("mail"));
});

test("who may come in never waits, not even beside something that does", async () => {
  await using bench = createBench();
  const { first, others, firstSays } = await crewOf(bench, 0);
  const wish = { account: "web", services: ["cart"], edition: 1, doorEdition: 1 };
  const next = bench.compiler.made(wish);
  const [version, door] = [routeIn(next), routeIn(next, "rds-inbound.80")];
  firstSays(version, null);
  await bench.compiler.view(wish, bench.store);
  for (const each of others) await each.until(({ RDS }) => RDS.get("rds-inbound.80") === door);
  await came(first, version);
  await wentByWithout(bench, others, version);
});

test("what goes away goes for those that wait when they need it no more", async () => {
  await using bench = createBench();
  const { first, others, firstSays } = await crewOf(bench);
  const version = routeIn(bench.compiler.made({ account: "web", services: ["mail"], edition: 1 }), "route-mail");
  firstSays(version, null);
  first.ask("RDS", { subscribe: ["route-mail"] });
  await bench.compiler.view({ account: "web", services: ["mail"], edition: 1 }, bench.store);
  await came(first, version);
  const digest = await bench.compiler.endpoints("cart", ["10.0.2.1"]);
  for (const each of others) await each.until(({ EDS, CDS }) => EDS.get("cart") === digest && CDS.has("cart"));
  bench.clock.advance(trialMs);
  for (const each of others) await each.until(({ CDS, LDS }) => CDS.has("mail") && !LDS.has("listener-cart"));
});

test("the only proxy of a view waits for nobody, though another view's tries the same", async () => {
  await using bench = createBench();
  const { xds, first, firstSays } = await crewOf(bench);
  const job = await joined(bench, xds, { uid: "job", account: "job" });
  const version = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition: 1 }));
  firstSays(version, null);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await came(first, version);
  job.ask("RDS", { subscribe: ["route-cart"] });
  await bench.compiler.view({ account: "job", services: ["mail", "cart"], edition: 1 }, bench.store);
  await job.until(({ RDS }) => RDS.get("route-cart") === version);
});

test("a version that one view's proxy tries is not tried by another's, which waits as well", async () => {
  await using bench = createBench();
  const { xds, first, firstSays } = await crewOf(bench);
  await bench.compiler.proxy(proxyOf("job-2", "job"));
  const jobs = [await joined(bench, xds, { uid: "job", account: "job" }), await joined(bench, xds, { uid: "job-2", account: "job" })];
  for (const job of jobs) job.ask("RDS", { subscribe: ["route-cart"] });
  const version = routeIn(bench.compiler.made({ account: "web", services: ["cart"], edition: 1 }));
  firstSays(version, null);
  await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
  await came(first, version);
  await bench.compiler.view({ account: "job", services: ["cart"], edition: 1 }, bench.store);
  const digest = await bench.compiler.endpoints("mail", ["10.0.2.9"]);
  for (const job of jobs) await job.until(({ EDS }) => EDS.get("mail") === digest);
  for (const job of jobs) expect(got(job, version)).toBe(false);
  const response = first.received.find(({ put }) => put.get("route-cart") === version);
  if (response) first.ack(response);
  for (const job of jobs) await job.until(({ RDS }) => RDS.get("route-cart") === version);
});
