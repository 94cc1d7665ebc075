import { setImmediate as turn } from "node:timers/promises";
import { encodeJson, type SentView } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, type Bench } from "./bench.ts";
import { proxyOf, subjects } from "./mesh-said.ts";

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

test("nobody is let in while the offering of a view has not come, whichever comes first", async () => {
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

test("a view that moves to an offering which has not come stays what it was until it does", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const xds = bench.start();
  const web = await served(bench, xds, "web");
  const before = web.received.length;
  const more = { ...wish, offeredAs: "web alone", services: ["cart", "mail"] };
  await bench.compiler.endpoints("mail", ["10.0.0.2"]);
  await bench.compiler.ownView(more, bench.store);
  for (let turns = 0; turns < 200; turns++) await turn();
  expect(web.received.length).toBe(before);

  await bench.compiler.offering(more, bench.store);
  await web.until(({ CDS, EDS }) => CDS.size === 2 && EDS.size === 2);
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

test("a view of an earlier release, which lists all by itself, is served as it is", async () => {
  await using bench = createBench();
  await saidTwins(bench);
  const { own, offering, resources } = bench.compiler.made(wish);
  const { offering: _, ...alone }: SentView = own;
  await bench.bus.publish(subjects.view(own.id), encodeJson({ ...alone, resources, endpoints: offering.endpoints }));
  await served(bench, bench.start(), "web");
});
