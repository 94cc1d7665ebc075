import { factKinds } from "@osm/model";
import { describe, expect, test } from "vitest";
import { createBench, published, subjects, offeringOf, type Bench } from "./bench.ts";
import { meshConfig, pod, service, shop, slice } from "./mesh-facts.ts";

async function runningShop(bench: Bench) {
  await bench.say(...shop);
  await bench.barrier();
  const compiler = bench.start();
  await compiler.ready;
  return compiler;
}

describe("what is said", () => {
  test("nothing before the list of every kind is complete, then all of it at once", async () => {
    await using bench = createBench();
    const compiler = bench.start();
    await bench.say(...shop);
    await bench.barrier(factKinds.slice(1));
    const later = await bench.say(slice("server", ["10.0.0.1", "10.0.0.2"]));
    expect(await bench.standing("mesh.osm.v1.view.*")).toEqual([]);
    await bench.barrier(factKinds.slice(0, 1));
    await compiler.ready;

    expect(compiler.compilations().map(({ fields }) => fields)).toEqual([{ revision: later, facts: shop.length + 1, views: 2 }]);
  });

  test("a compiler that starts late reads all that stands before it says anything, however old the barriers are", async () => {
    await using bench = createBench();
    await runningShop(bench);
    const many = Array.from({ length: 50 }, (_, at) => pod("server", at + 1));
    const last = await bench.say(...many, pod("client"), pod("server"));
    await bench.through(last);
    const before = await bench.mark();
    const second = bench.start("compiler-1");
    await second.ready;

    expect(second.compilations()).toHaveLength(1);
    expect((await bench.saidAfter(before)).filter((subject) => !subject.includes(".compiled."))).toEqual([]);
    expect((await published(bench)).proxies).toHaveLength(many.length + 2);
  });

  test("an equal world after a restart is not said again", async () => {
    await using bench = createBench();
    await (await runningShop(bench)).stop();
    const before = await bench.mark();
    await bench.start().ready;

    expect(await bench.saidAfter(before)).toEqual([]);
  });

  test("what went while no compiler ran is withdrawn by the next", async () => {
    await using bench = createBench();
    await bench.say(pod("cart"));
    await (await runningShop(bench)).stop();
    await bench.gone(pod("cart"));
    await bench.start("compiler-1").ready;

    const { proxies, views } = await published(bench);
    expect(proxies.map(({ pod: name }) => name).toSorted()).toEqual(["client-0", "server-0"]);
    expect(views.map(({ identity }) => identity.serviceAccount).toSorted()).toEqual(["client", "server"]);
  });

  test("endpoints, then offerings, then views, then who gets them, then that it is all said", async () => {
    await using bench = createBench();
    await runningShop(bench);
    const numbers = async (filter: string) => (await bench.standing(filter)).map(({ seq }) => seq);
    const [endpoints, offerings, views, proxies] = [await numbers(subjects.allEndpoints), await numbers(subjects.offerings), await numbers(subjects.views), await numbers(subjects.proxies)];
    const [compiled = 0] = await numbers(subjects.allCompiled);

    expect([endpoints.length, offerings.length, views.length, proxies.length]).toEqual([1, 1, 2, 2]);
    expect(Math.max(...endpoints)).toBeLessThan(Math.min(...offerings));
    expect(Math.max(...offerings)).toBeLessThan(Math.min(...views));
    expect(Math.max(...views)).toBeLessThan(Math.min(...proxies));
    expect(Math.max(...proxies)).toBeLessThan(compiled);
    expect(await bench.through(0)).toEqual({
      revision: shop.length,
      wrote: { endpoints: Math.max(...endpoints), offering: Math.max(...offerings), view: Math.max(...views), proxy: Math.max(...proxies) },
      beside: [],
    });
  });

  test("an endpoint's change touches its assignment, and no view or offering", async () => {
    await using bench = createBench();
    await runningShop(bench);
    const before = await published(bench);
    await bench.through(await bench.say(slice("server", ["10.0.0.7"])));
    const after = await published(bench);

    expect([after.views, after.offerings]).toEqual([before.views, before.offerings]);
    expect(after.endpoints.map(({ name }) => name)).toEqual(before.endpoints.map(({ name }) => name));
    expect(after.endpoints.map(({ digest }) => digest)).not.toEqual(before.endpoints.map(({ digest }) => digest));
  });

  test("a new service appears in the offering that its callers share, touches none of their views, and goes again", async () => {
    await using bench = createBench();
    await bench.say(pod("cart"));
    await runningShop(bench);
    const [before, views] = [await offeringOf(bench, "client"), (await published(bench)).views];
    const others = (list: typeof views) => list.filter(({ identity }) => identity.serviceAccount !== "cart");
    const mark = await bench.mark();
    const cart = service("cart", "10.96.0.2");
    await bench.through(await bench.say(cart));
    const during = await offeringOf(bench, "client");
    const said = await bench.saidAfter(mark);
    expect(said).toContain(subjects.offering(before.id));
    expect(said.filter((subject) => others(views).some(({ id }) => subjects.view(id) === subject))).toEqual([]);
    await bench.through(await bench.gone(cart));
    const after = await offeringOf(bench, "client");

    expect(during.endpoints).toEqual(["shop/cart|8080", "shop/server|8080"]);
    expect(during.digest).not.toBe(before.digest);
    expect({ ...after, revision: 0 }).toEqual({ ...before, revision: 0 });
    expect(others((await published(bench)).views)).toEqual(others(views));
  });

  test("an offering that nobody has any more is withdrawn, after the views that had it", async () => {
    await using bench = createBench();
    await runningShop(bench);
    const before = await offeringOf(bench, "client");
    const mark = await bench.mark();
    await bench.through(await bench.say({ ...meshConfig, permissive: false }));
    expect((await offeringOf(bench, "client")).id).not.toBe(before.id);
    expect((await published(bench)).offerings.map(({ id }) => id)).not.toContain(before.id);
    const numberOf = await bench.numbersAfter(mark);
    const withdrawn = numberOf.get(subjects.offering(before.id)) ?? expect.fail("not withdrawn");
    for (const { id } of (await published(bench)).views) expect(numberOf.get(subjects.view(id))).toBeLessThan(withdrawn);
  });

  test("a pod that goes takes its proxy with it, and the last of a class its view", async () => {
    await using bench = createBench();
    await runningShop(bench);
    await bench.through(await bench.say(pod("client", 1)));
    expect((await published(bench)).proxies).toHaveLength(3);

    await bench.through(await bench.gone(pod("client")));
    expect((await published(bench)).proxies.map(({ pod: name }) => name).toSorted()).toEqual(["client-1", "server-0"]);
    expect((await published(bench)).views).toHaveLength(2);

    await bench.through(await bench.gone(pod("client", 1)));
    const { proxies, views } = await published(bench);
    expect(proxies.map(({ pod: name }) => name)).toEqual(["server-0"]);
    expect(views.map(({ identity }) => identity.serviceAccount)).toEqual(["server"]);
  });

  test("findings appear with the mistake and go with it", async () => {
    await using bench = createBench();
    await runningShop(bench);
    expect((await published(bench)).findings).toEqual([]);
    const rival = service("cart", "10.96.0.1");
    await bench.through(await bench.say(rival, pod("cart")));
    expect((await published(bench)).findings.flatMap(({ findings }) => findings.map(({ code, on }) => [code, on]))).toEqual([["SERVICE_ADDRESS_TAKEN", "Service/shop/server"]]);
    await bench.through(await bench.gone(rival));
    expect((await published(bench)).findings).toEqual([]);
  });
});

test("a storm of facts: the first goes out at once, the rest in few compilations, and nothing is lost", async () => {
  await using bench = createBench();
  const compiler = await runningShop(bench);
  const first = await bench.say(pod("client", 1));
  const burst = Array.from({ length: 1000 }, (_, at) => bench.say(slice("server", [`10.1.${at % 250}.${at % 7}`]), pod("server", at + 1)));
  expect((await bench.through(first)).revision).toBe(first);
  await Promise.all(burst);
  const last = await bench.say(slice("server", ["10.9.9.9"]));
  await bench.through(last);

  expect((await published(bench)).proxies).toHaveLength(1003);
  expect(compiler.compilations().length).toBeLessThan(200);
});
