import { expect, test } from "vitest";
import type { AdsClient } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";

async function served(bench: Bench, xds: RunningXds, uid: string): Promise<AdsClient> {
  const client = await bench.open(xds, uid);
  client.behave();
  await client.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  return client;
}

/** The other proxy is served as if nothing had happened. */
async function expectServed(bench: Bench, job: AdsClient, address: string): Promise<void> {
  const digest = await bench.compiler.endpoints("mail", [address]);
  await job.until(({ EDS }) => EDS.get("mail") === digest);
}

test("what is no request ends its stream and no other", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await served(bench, xds, "job");
  const rubbish: readonly Uint8Array[] = [new Uint8Array([0x12, 0xff]), new Uint8Array([7, 7, 7]), new Uint8Array([0x12, 2, 0xc3, 0x28])];
  for (const bytes of rubbish) {
    const web = await served(bench, xds, "web");
    web.send(bytes);
    expect(await web.ended).toMatchObject({ details: "malformed-request" });
  }
  await expectServed(bench, job, "10.0.0.8");
  expect(xds.metric("mesh_proxies_connected")).toBe(1);
  expect(xds.metric('mesh_streams_ended_total{reason="malformed-request"}')).toBe(3);
});

test("an oversized request too", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const [web, job] = [await served(bench, xds, "web"), await served(bench, xds, "job")];
  web.send(new Uint8Array(5 * 1024 * 1024));
  await web.ended;
  await expectServed(bench, job, "10.0.0.8");
});

test("so does asking for more names than any mesh has", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const [web, job] = [await served(bench, xds, "web"), await served(bench, xds, "job")];
  for (let part = 0; part < 4; part++) web.ask("EDS", { subscribe: Array.from({ length: 20_000 }, (_, at) => `${part}/${at}`) });
  expect(await web.ended).toMatchObject({ details: "too-many-names" });
  await expectServed(bench, job, "10.0.0.8");
});

test("a proxy that never answers is sent one response of each type, and its stream ends after a minute", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await served(bench, xds, "job");
  const mute = await bench.open(xds, "web");
  mute.ask("CDS", {});
  mute.ask("LDS", {});
  mute.ask("EDS", { subscribe: ["cart"] });
  mute.ask("SDS", { subscribe: ["trust"] });
  const first = [await mute.next(), await mute.next(), await mute.next()];
  for (let change = 0; change < 200; change++) await bench.compiler.endpoints("cart", [`10.1.0.${change}`]);
  await expectServed(bench, job, "10.0.0.8");
  await bench.settled(1);

  expect(first.map(({ type }) => type)).toContain("EDS");
  expect(mute.received.filter(({ type }) => type === "EDS")).toHaveLength(1);
  bench.clock.advance(70_000);
  expect(await mute.ended).toMatchObject({ details: "unanswered" });
  await expectServed(bench, job, "10.0.0.9");
  expect(xds.metric("mesh_proxies_connected")).toBe(1);
});

test("a proxy that answers what it never read is cut off before it fills the memory", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await served(bench, xds, "job");
  const large = Array.from({ length: 16_000 }, (_, at) => `10.${at >> 8}.${at & 255}.1`);
  await bench.compiler.endpoints("cart", large);
  const deaf = await bench.open(xds, "web", { deaf: true });
  deaf.ask("EDS", { subscribe: ["cart"] });
  const response = { type: "EDS", put: new Map(), bytes: new Map(), removed: [] } as const;
  let isOver = false;
  void xds.line("stream ended").then(() => (isOver = true));
  for (let nonce = 1; nonce < 500 && !isOver; nonce++) {
    for (const guess of [nonce, nonce + 1, nonce + 2]) deaf.ack({ ...response, nonce: `${guess}` });
    await bench.compiler.endpoints("cart", [...large, `10.200.0.${nonce}`]);
    await expectServed(bench, job, `10.0.${nonce >> 8}.${nonce & 255}`);
  }
  expect((await xds.line("stream ended")).fields).toMatchObject({ reason: "not-draining" });
  expect(xds.metric('mesh_streams_ended_total{reason="not-draining"}')).toBe(1);
});

test("progress says how many proxies have all that follows from a fact", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  await served(bench, xds, "web");
  await served(bench, xds, "job");
  const { settledAt } = await bench.progress(({ settled }) => settled === 2);
  bench.clock.advance(1000);
  await bench.compiler.endpoints("cart", ["10.0.0.4"]);
  await bench.compiler.compiled(77);
  expect(await bench.progress(({ revision, settled }) => revision === 77 && settled === 2)).toEqual({ revision: 77, proxies: 2, settled: 2, settledAt: settledAt + 1000 });
});

test("what Envoy refuses is said in its own words, until it takes another version", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.ask("CDS", {});
  web.ack(await web.next());
  web.ask("EDS", { subscribe: ["cart"] });
  web.ack(await web.next());
  web.ask("RDS", { subscribe: ["route-cart"] });
  const refused = await web.next();
  web.nack(refused, "Only unique names for routes are allowed");
  const outcome = await bench.outcome("web", ({ rejected }) => rejected.length > 0);
  expect(outcome).toMatchObject({ proxies: 1, rejected: [{ type: "RDS", name: "route-cart", version: refused.put.get("route-cart"), words: "Only unique names for routes are allowed" }] });
  expect((await xds.line("configuration rejected")).level).toBe("error");

  await bench.compiler.view({ account: "web", services: ["cart"], edition: 2 }, bench.store);
  const better = await web.next();
  expect(better.put.get("route-cart")).not.toBe(refused.put.get("route-cart"));
  web.ack(better);
  expect(await bench.outcome("web", ({ rejected }) => rejected.length === 0)).toMatchObject({ proxies: 1 });
});
