import { setImmediate as turn } from "node:timers/promises";
import { encodeJson, type SentView } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, type Bench } from "./bench.ts";
import { createSpeaker, proxyOf, subjects } from "./mesh-said.ts";

/** `web` and `job` are offered the same, and take in what is their own. */
async function saidTwins(bench: Bench): Promise<void> {
  const { compiler, store, startCa } = bench;
  await startCa();
  for (const account of ["web", "job"]) {
    await compiler.view({ account, offeredAs: "both", services: ["cart"], doorEdition: account.length }, store);
    await compiler.proxy(proxyOf(account, account));
  }
  await compiler.endpoints("cart", ["10.0.0.1"]);
  await compiler.compiled(1);
}

async function served(bench: Bench, xds: ReturnType<Bench["start"]>, uid: string) {
  const client = await bench.open(xds, uid);
  client.behave({ RDS: { subscribe: ["route-cart", "rds-inbound.80"] } });
  await client.until(({ CDS, RDS, EDS, SDS }) => SDS.size === 2 && CDS.size === 1 && RDS.has("route-cart") && RDS.has("rds-inbound.80") && EDS.size === 1);
  return client;
}

const wish = { account: "web", offeredAs: "both", services: ["cart"], doorEdition: 3 };

test("a change of what views share is told to the proxies of all of them, and nothing else is", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const clients = [await served(bench, xds, "web"), await served(bench, xds, "job")];
  const before = clients.map(({ received }) => received.length);
  const { resources } = await bench.compiler.offering({ ...wish, edition: 1 }, bench.store);
  const route = resources.RDS.find(({ name }) => name === "route-cart")?.digest;
  for (const client of clients) await client.until(({ RDS }) => RDS.get("route-cart") === route);
  await bench.settled(2);
  for (const [at, { received }] of clients.entries()) {
    expect(received.slice(before[at]).map(({ put }) => [...put.keys()])).toEqual([["route-cart"]]);
  }
});

test("a change of what is a view's own leaves those alone that share its offering", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const [web, job] = [await served(bench, xds, "web"), await served(bench, xds, "job")];
  const before = job.received.length;
  const { own } = await bench.compiler.ownView({ ...wish, doorEdition: 9 }, bench.store);
  const door = "parts" in own.resources.RDS ? undefined : own.resources.RDS[0]?.digest;
  await web.until(({ RDS }) => RDS.get("rds-inbound.80") === door);
  await bench.settled(2);
  expect(job.received.length).toBe(before);
});

test("nobody is let in while the offering of a view has not come", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  await bench.compiler.offeringGone("both");
  await bench.compiler.compiled(2);
  const xds = bench.start();
  let isReady = false;
  void xds.port.then(() => (isReady = true));
  for (let turns = 0; turns < 200; turns++) await turn();
  expect(isReady).toBe(false);

  await bench.compiler.offering(wish, bench.store);
  await served(bench, xds, "web");
});

test("nor while one that a compiler has said is on its way", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const numbers = { view: 0, proxy: 0, endpoints: 0 };
  const last = await bench.bus.publish("mesh.osm.v1.mark", undefined);
  await bench.bus.publish(subjects.compiled("compiler-0"), encodeJson({ revision: 1, wrote: { ...numbers, offering: last + 2 }, beside: [] }));
  const xds = bench.start();
  let isReady = false;
  void xds.port.then(() => (isReady = true));
  for (let turns = 0; turns < 200; turns++) await turn();
  expect(isReady).toBe(false);

  await bench.compiler.offering({ ...wish, edition: 4 }, bench.store);
  await served(bench, xds, "web");
});

test("what is a view's own does not wait for its offering; until that comes its proxies keep the one they have", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const web = await served(bench, xds, "web");
  const more = { ...wish, offeredAs: "web alone", services: ["cart", "mail"], doorEdition: 12 };
  await bench.compiler.endpoints("mail", ["10.0.0.2"]);
  const { own } = await bench.compiler.ownView(more, bench.store);
  const door = "parts" in own.resources.RDS ? undefined : own.resources.RDS[0]?.digest;
  await web.until(({ RDS }) => RDS.get("rds-inbound.80") === door);
  expect([...web.held.CDS.keys()]).toEqual(["cart"]);

  await bench.compiler.offering(more, bench.store);
  await web.until(({ CDS, EDS }) => CDS.size === 2 && EDS.size === 2);
  expect(web.received.flatMap(({ removed }) => removed)).toEqual([]);
  await bench.settled(1);
});

test("an offering that is withdrawn before the views that have it takes nothing from them, nor from who comes", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const web = await served(bench, xds, "web");
  await bench.compiler.offeringGone("both");
  await bench.settled(1);
  await served(bench, xds, "job");
  expect(web.received.flatMap(({ removed }) => removed)).toEqual([]);
});

test("one that is withdrawn is forgotten: a view that comes to it waits until it is said again", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const web = await served(bench, xds, "web");
  await bench.settled(1);
  await bench.compiler.offeringGone("both");
  const late = { account: "late", offeredAs: "both", services: ["cart"], doorEdition: 4 };
  await bench.compiler.ownView(late, bench.store);
  await bench.compiler.proxy(proxyOf("late", "late"));
  await bench.compiler.compiled(5000);
  for (let turns = 0; turns < 200; turns++) await turn();
  expect(await bench.progress(() => true)).not.toMatchObject({ revision: 5000 });

  const { resources } = await bench.compiler.offering({ ...wish, edition: 7 }, bench.store);
  const route = resources.RDS.find(({ name }) => name === "route-cart")?.digest;
  await bench.compiler.compiled(5001);
  const came = await served(bench, xds, "late");
  for (const client of [web, came]) await client.until(({ RDS }) => RDS.get("route-cart") === route);
});

test("a view that waits for an offering of a stream which was lost waits no longer: who is gone is let go of", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const [web, job] = [await served(bench, xds, "web"), await served(bench, xds, "job")];
  await bench.compiler.ownView({ account: "job", offeredAs: "nobody knows", services: ["cart"], doorEdition: 3 }, bench.store);
  for (let turns = 0; turns < 200; turns++) await turn();

  bench.bus.loseDisk();
  const again = createSpeaker(bench.bus);
  await bench.startCa();
  await again.view(wish, bench.store);
  await again.proxy(proxyOf("web", "web"));
  await again.endpoints("cart", ["10.0.0.1"]);
  await again.compiled(9);
  expect((await job.ended).details).toContain("pod");
  await bench.progress(({ revision }) => revision === 9);
  expect(web.received.flatMap(({ removed }) => removed)).toEqual([]);
});

test("a view of an earlier release, which lists all by itself, is served as it is", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const { own, offering, resources } = bench.compiler.made(wish);
  const { offering: _, ...alone }: SentView = own;
  await bench.bus.publish(subjects.view(own.id), encodeJson({ ...alone, resources, endpoints: offering.endpoints }));
  await served(bench, bench.start(), "web");
});
