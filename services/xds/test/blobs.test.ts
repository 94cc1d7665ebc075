import { expect, test } from "vitest";
import { createBench, saidShop, type Bench } from "./bench.ts";
import { proxyOf } from "./mesh-said.ts";

async function served(bench: Bench) {
  const web = await bench.open(bench.start(), "web");
  web.behave({ RDS: { subscribe: ["route-cart"] } });
  await web.until(({ EDS, LDS, RDS, SDS }) => EDS.size === 1 && LDS.size === 1 && RDS.size === 1 && SDS.size === 2);
  return web;
}

/** A mesh whose blobs are in no store. */
async function saidWithoutStore({ compiler, startCa }: Bench) {
  await startCa();
  const view = await compiler.view({ account: "web", services: ["cart"] });
  await compiler.endpoints("cart", ["10.0.0.1"]);
  await compiler.proxy(proxyOf("web", "web"));
  await compiler.compiled(1);
  return view;
}

test("what the store lacks is asked of the compiler that made it", async () => {
  await using bench = createBench();
  await saidWithoutStore(bench);
  const blobs = await bench.compiler.answerBlobs();
  await served(bench);
  expect(blobs.asked()).toBe(3);
});

test("what is in the store is asked of nobody", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const blobs = await bench.compiler.answerBlobs();
  await served(bench);
  expect(blobs.asked()).toBe(0);
});

test("a poisoned blob is not believed: the compiler is asked for that one", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const view = await bench.compiler.view({ account: "web", services: ["cart"], edition: 2 }, bench.store);
  const [route] = view.resources.RDS;
  if (!route) throw new Error("a view without a route");
  bench.store.poison(route.digest, new Uint8Array([1, 2, 3]));
  const blobs = await bench.compiler.answerBlobs();
  const web = await served(bench);
  expect(blobs.asked()).toBe(1);
  expect(web.held.RDS.get("route-cart")).toBe(route.digest);
});

test("the store may be down", async () => {
  await using bench = createBench();
  await saidShop(bench);
  bench.store.disconnect();
  const blobs = await bench.compiler.answerBlobs();
  await served(bench);
  expect(blobs.asked()).toBe(6);
});

test("while a view's blobs are nowhere the earlier view serves on, others change, and it comes when they are back", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const web = await served(bench);
  const before = web.held.RDS.get("route-cart");
  bench.store.disconnect();
  const view = await bench.compiler.view({ account: "web", services: ["cart"], edition: 2 });
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.4"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  expect(web.held.RDS.get("route-cart")).toBe(before);

  await bench.compiler.answerBlobs();
  await web.until(({ RDS }) => RDS.get("route-cart") === view.resources.RDS[0]?.digest);
});
