import { expect, test } from "vitest";
import { createBench, saidShop } from "./bench.ts";
import { proxyOf } from "./mesh-said.ts";

test("a proxy gets its view, the assignments of its clusters and its secrets, and nothing of others", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.behave({ RDS: { subscribe: ["route-cart"] } });
  await web.until(({ EDS, LDS, RDS, SDS }) => EDS.size === 1 && LDS.size === 1 && RDS.size === 1 && SDS.size === 2);

  expect(Object.fromEntries(Object.entries(web.held).map(([type, held]) => [type, [...held.keys()].toSorted()]))).toEqual({
    CDS: ["cart"], ECDS: [], EDS: ["cart"], LDS: ["listener-cart"], RDS: ["route-cart"], SDS: ["identity", "trust"],
  });
});

test("an endpoint's change reaches the streams whose view lists it, and no other", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const [web, job] = [await bench.open(xds, "web"), await bench.open(xds, "job")];
  for (const each of [web, job]) {
    each.behave();
    await each.until(({ EDS, SDS }) => EDS.size === 1 && SDS.size === 2);
  }
  const before = { web: web.received.length, job: job.received.length, sent: xds.metric('mesh_resources_sent_total{type="EDS"}') };
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.7"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  const other = await bench.compiler.endpoints("mail", ["10.0.0.8"]);
  await job.until(({ EDS }) => EDS.get("mail") === other);

  expect(web.received.length - before.web).toBe(1);
  expect(job.received.length - before.job).toBe(1);
  expect(xds.metric('mesh_resources_sent_total{type="EDS"}') - before.sent).toBe(2);
});

test("a view's change sends what differs", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.behave({ RDS: { subscribe: ["route-cart"] } });
  await web.until(({ EDS, RDS, SDS }) => EDS.size === 1 && RDS.size === 1 && SDS.size === 2);
  const seen = web.received.length;
  const view = await bench.compiler.view({ account: "web", services: ["cart"], edition: 2 }, bench.store);
  await web.until(({ RDS }) => RDS.get("route-cart") === view.resources.RDS[0]?.digest);

  expect(web.received.slice(seen).map(({ type, put, removed }) => [type, [...put.keys()], removed])).toEqual([["RDS", ["route-cart"], []]]);
});

test("a proxy that becomes one of another view is told what differs", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ EDS, LDS, SDS }) => EDS.size === 1 && LDS.size === 1 && SDS.size === 2);
  await bench.compiler.proxy(proxyOf("web", "web", "job"));
  await web.until(({ CDS, LDS, EDS }) => !CDS.has("cart") && LDS.has("listener-mail") && EDS.has("mail"));
  expect([...web.held.LDS.keys()]).toEqual(["listener-mail"]);
});

test("names of other views are absent, and so is what nobody has", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const web = await bench.open(bench.start(), "web");
  web.behave({ EDS: { subscribe: ["mail", "nothing"] }, RDS: { subscribe: ["route-mail"] } });
  const told = () => web.received.flatMap(({ removed }) => removed).toSorted();
  await web.until(() => told().length === 3);
  await web.until(({ SDS, LDS, EDS }) => SDS.size === 2 && LDS.size === 1 && EDS.size === 1);

  expect(told()).toEqual(["mail", "nothing", "route-mail"]);
  expect(web.received.flatMap(({ put }) => [...put.keys()]).toSorted()).toEqual(["cart", "cart", "identity", "listener-cart", "trust"]);
});

test("after a restart a proxy that has everything is sent nothing at all", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const first = bench.start();
  const before = await bench.open(first, "web");
  before.behave({ RDS: { subscribe: ["route-cart"] } });
  await before.until(({ EDS, LDS, RDS, SDS }) => EDS.size === 1 && LDS.size === 1 && RDS.size === 1 && SDS.size === 2);
  await first.stop();
  await before.ended;

  const second = bench.start();
  const after = await bench.open(second, "web", { held: before.held });
  after.behave({ RDS: { subscribe: ["route-cart"], initial: before.held.RDS } });
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.9"]);
  await after.until(({ EDS }) => EDS.get("cart") === digest);

  expect(after.received.flatMap(({ type, put }) => [...put.keys()].map((name) => [type, name]))).toEqual([["EDS", "cart"]]);
  expect(["CDS", "LDS", "RDS", "SDS"].map((type) => second.metric(`mesh_resources_sent_total{type="${type}"}`))).toEqual([0, 0, 0, 0]);
});
