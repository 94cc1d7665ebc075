import type { Bus } from "@osm/bus";
import { digestOf, type Fact } from "@osm/model";
import { encodeJson } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, published, subjects, offeringOf, viewOf, type Bench } from "./bench.ts";
import { meshConfig, pod, service, shop, slice } from "./mesh-facts.ts";

/** A compiler that stands still, as if stopped by SIGSTOP, when it is about to write a view or a proxy. */
async function haltingShop(bench: Bench) {
  await bench.say(...shop);
  await bench.barrier();
  let halted = Promise.withResolvers<void>();
  let goOn = Promise.resolve();
  const publish = (bus: Bus): Bus["publish"] => async (subject, ...rest) => {
    if (/[.](view|proxy)[.]/.test(subject)) {
      halted.resolve();
      await goOn;
    }
    return bus.publish(subject, ...rest);
  };
  const compiler = bench.start("compiler-0", { between: (bus) => ({ ...bus, publish: publish(bus) }) });
  await compiler.ready;

  /** Lets something be said, and something else happen while the compiler stands still on its way to publish that. */
  const meanwhile = async (said: () => Promise<number>, happens: () => Promise<unknown>) => {
    halted = Promise.withResolvers();
    const { promise, resolve } = Promise.withResolvers<void>();
    goOn = promise;
    const revision = await said();
    await halted.promise;
    await happens();
    resolve();
    await bench.through(revision);
  };
  return { compiler, meanwhile };
}

const cart: readonly Fact[] = [service("cart", "10.96.0.2"), pod("cart")];

/** Puts a view there as another compiler that has read one fact more would have it. */
async function overtake(bench: Bench, app: string) {
  const view = { ...(await viewOf(bench, app)), digest: digestOf("overtaken"), revision: await bench.mark(), publisher: "compiler-1" };
  await bench.bus.publish(subjects.view(view.id), encodeJson(view));
  return view;
}

test("a view folded to a later fact is not replaced by an earlier one, nor withdrawn", async () => {
  await using bench = createBench();
  const { meanwhile } = await haltingShop(bench);
  let theirs: unknown;
  await meanwhile(() => bench.say({ ...meshConfig, egress: true }), async () => (theirs = await overtake(bench, "client")));
  expect(await viewOf(bench, "client")).toEqual(theirs);

  await meanwhile(() => bench.gone(pod("client")), async () => (theirs = await overtake(bench, "client")));
  expect(await viewOf(bench, "client")).toEqual(theirs);
});

test("nor is an offering replaced", async () => {
  await using bench = createBench();
  const { meanwhile } = await haltingShop(bench);
  let theirs: unknown;
  const overtaken = async () => {
    const offering = { ...(await offeringOf(bench, "client")), digest: digestOf("overtaken"), revision: await bench.mark(), publisher: "compiler-1" };
    await bench.bus.publish(subjects.offering(offering.id), encodeJson(offering));
    theirs = offering;
  };
  await meanwhile(() => bench.say(...cart), overtaken);
  expect(await offeringOf(bench, "client")).toEqual(theirs);
});

test("an assignment is not withdrawn", async () => {
  await using bench = createBench();
  const { meanwhile } = await haltingShop(bench);
  await bench.through(await bench.say(...cart));
  const subject = subjects.endpoints("shop/cart|8080");
  const [ours] = (await published(bench)).endpoints.filter(({ name }) => name === "shop/cart|8080");
  let theirs: unknown;
  const overtaken = async () => {
    theirs = { ...ours, digest: digestOf("overtaken"), revision: await bench.mark(), publisher: "compiler-1" };
    await bench.bus.publish(subject, encodeJson(theirs));
  };
  await meanwhile(() => bench.gone(service("cart", "10.96.0.2")), overtaken);
  expect((await published(bench)).endpoints).toContainEqual(theirs);
});

test("what is later than ours for a moment is replaced as soon as we have read as far", async () => {
  await using bench = createBench();
  const { meanwhile } = await haltingShop(bench);
  await meanwhile(() => bench.say(...cart), () => overtake(bench, "client"));
  await bench.through(await bench.say(service("more", "10.96.0.3"), pod("more")));
  expect((await offeringOf(bench, "client")).endpoints).toEqual(["shop/cart|8080", "shop/more|8080", "shop/server|8080"]);
});

test("what an earlier compiler put there is replaced, whatever it was", async () => {
  await using bench = createBench();
  await haltingShop(bench);
  const view = await viewOf(bench, "client");
  await bench.bus.publish(subjects.view(view.id), encodeJson({ ...view, digest: digestOf("earlier"), revision: 1 }));
  for (const subject of [subjects.endpoints("shop/server|8080"), subjects.offering((await offeringOf(bench, "client")).id)]) {
    await bench.bus.publish(subject, new TextEncoder().encode("no JSON at all"));
  }
  await bench.through(await bench.say(...cart, slice("server", ["10.0.0.9"])));

  expect((await offeringOf(bench, "client")).endpoints).toEqual(["shop/cart|8080", "shop/server|8080"]);
  expect((await published(bench)).endpoints.map(({ name }) => name).toSorted()).toEqual(["shop/cart|8080", "shop/server|8080"]);
  expect((await viewOf(bench, "client")).digest).toBe(view.digest);
});

test("a value that claims to be newer than itself is of a lost stream, and fences nobody", async () => {
  await using bench = createBench();
  const { compiler } = await haltingShop(bench);
  await compiler.stop();
  const view = await viewOf(bench, "client");
  await bench.bus.publish(subjects.view(view.id), encodeJson({ ...view, digest: digestOf("lost"), revision: 1_000_000 }));
  await bench.start().ready;
  expect({ ...(await viewOf(bench, "client")), revision: 0 }).toEqual({ ...view, revision: 0 });
});
