import { status } from "@grpc/grpc-js";
import { adsServices } from "@osm/ads";
import { TypedExtensionConfigSchema, encode } from "@osm/envoy-api";
import { xdsTypes, type XdsType } from "@osm/model";
import { describe, expect, test } from "vitest";
import { connect } from "./ads-client.ts";
import { createBench, saidShop, type Bench } from "./bench.ts";
import { proxyOf } from "./mesh-said.ts";
import type { SotwClient, WholeResponse } from "./sotw-client.ts";

const nouns: Readonly<Record<XdsType, string>> = { CDS: "Clusters", EDS: "Endpoints", ECDS: "ExtensionConfigs", LDS: "Listeners", RDS: "Routes", SDS: "Secrets" };
const names: Readonly<Record<XdsType, readonly string[]>> = {
  CDS: ["cart"], EDS: ["cart"], ECDS: ["rbac-inbound.80"], LDS: ["listener-cart"], RDS: ["route-cart"], SDS: ["identity", "trust"],
};
const named = (type: XdsType) => (type === "CDS" || type === "LDS" ? [] : names[type]);

/** The shop, with a filter beside. */
async function saidShopWithFilter(bench: Bench): Promise<void> {
  await saidShop(bench);
  const filter = { name: "rbac-inbound.80", bytes: encode(TypedExtensionConfigSchema, { name: "rbac-inbound.80" }), needs: [] };
  await bench.compiler.view({ account: "web", services: ["cart"], filters: [filter] }, bench.store);
}

async function takeAll(client: SotwClient, wanted: number): Promise<readonly WholeResponse[]> {
  const taken: WholeResponse[] = [];
  while (taken.reduce((sum, { resources }) => sum + resources.size, 0) < wanted) {
    const response = await client.next();
    client.ack(response);
    taken.push(response);
  }
  return taken;
}

describe.each(xdsTypes)("the services of %s", (type) => {
  test("serve their type, in both protocols", async () => {
    await using bench = createBench();
    await saidShopWithFilter(bench);
    const xds = bench.start();
    const delta = await bench.open(xds, "web", { method: `Delta${nouns[type]}` });
    delta.ask(type, { subscribe: named(type) });
    const sent = new Set<string>();
    while (sent.size < names[type].length) {
      const response = await delta.next();
      expect(response.type).toBe(type);
      delta.ack(response);
      for (const name of response.put.keys()) sent.add(name);
    }
    expect([...sent].toSorted()).toEqual(names[type]);

    const whole = await bench.openSotw(xds, "web", `Stream${nouns[type]}`);
    whole.ask(type, named(type));
    const responses = await takeAll(whole, names[type].length);
    expect(responses.flatMap(({ resources }) => [...resources.keys()]).toSorted()).toEqual(names[type]);
    expect(responses.every((each) => each.type === type && each.version !== "")).toBe(true);
    await bench.settled(1);
  });

  test("answer nothing that is of another type", async () => {
    await using bench = createBench();
    await saidShopWithFilter(bench);
    const xds = bench.start();
    const other = type === "CDS" ? "LDS" : "CDS";
    const delta = await bench.open(xds, "web", { method: `Delta${nouns[type]}` });
    delta.ask(other, {});
    delta.ask(type, { subscribe: named(type) });
    expect((await delta.next()).type).toBe(type);
  });
});

test("no method lets in who shows no token, or another pod's", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const port = await xds.port;
  for (const { path } of adsServices) {
    const method = path.slice(path.lastIndexOf("/") + 1);
    for (const token of [undefined, bench.tokenOf("web").replace(/.$/, (last) => (last === "A" ? "B" : "A"))]) {
      await using client = connect({ port, root: bench.root, method, ...(token === undefined ? {} : { token }) });
      expect(await client.ended).toMatchObject({ code: status.UNAUTHENTICATED });
    }
  }
  expect(xds.metric("mesh_proxies_connected")).toBe(0);
});

describe("state of the world", () => {
  /** A proxy that has everything of its view. */
  async function servedWhole(bench: Bench) {
    await saidShop(bench);
    const xds = bench.start();
    const web = await bench.openSotw(xds, "web");
    const versions = new Map<XdsType, string>();
    for (const [type, wanted] of [["CDS", []], ["EDS", ["cart"]], ["SDS", ["identity", "trust"]], ["LDS", []], ["RDS", ["route-cart"]]] as const) {
      web.ask(type, wanted);
      for (const { version } of await takeAll(web, Math.max(1, wanted.length))) versions.set(type, version);
    }
    await bench.settled(1);
    return { xds, web, versions };
  }

  test("a change sends its type, and of clusters all there are", async () => {
    await using bench = createBench();
    const { web } = await servedWhole(bench);
    await bench.compiler.view({ account: "web", services: ["cart", "mail"] }, bench.store);
    const clusters = await web.next();
    expect([clusters.type, [...clusters.resources.keys()].toSorted()]).toEqual(["CDS", ["cart", "mail"]]);
    const listeners = await web.next();
    expect([listeners.type, [...listeners.resources.keys()].toSorted()]).toEqual(["LDS", ["listener-cart", "listener-mail"]]);
  });

  test("what goes is left out once nothing leads to it", async () => {
    await using bench = createBench();
    const { web } = await servedWhole(bench);
    await bench.compiler.view({ account: "web", services: ["mail"] }, bench.store);
    const last = new Map<XdsType, readonly string[]>();
    while (last.get("CDS")?.join() !== "mail" || last.get("LDS")?.join() !== "listener-mail") {
      const response = await web.next();
      web.ack(response);
      last.set(response.type, [...response.resources.keys()]);
      if (response.type === "LDS") web.ask("RDS", ["route-mail"]);
    }
  });

  test("an endpoint's change sends its assignment", async () => {
    await using bench = createBench();
    const { web } = await servedWhole(bench);
    await bench.compiler.endpoints("cart", ["10.0.0.7"]);
    const response = await web.next();
    expect([response.type, [...response.resources.keys()]]).toEqual(["EDS", ["cart"]]);
  });

  test("a rejected version is quarantined as on any stream", async () => {
    await using bench = createBench();
    const { web } = await servedWhole(bench);
    const view = await bench.compiler.view({ account: "web", services: ["cart"], edition: 1 }, bench.store);
    web.nack(await web.next(), "route-cart: no");
    const [bad] = view.resources.RDS;
    if (!bad) throw new Error("a view without a route");
    expect(await bench.verdict(bad.digest)).toMatchObject({ name: "route-cart", words: "route-cart: no" });
    await bench.settled(1);
  });

  test("who comes back with what is still right is sent nothing, but for its certificate", async () => {
    await using bench = createBench();
    const { xds, web, versions } = await servedWhole(bench);
    await web[Symbol.asyncDispose]();
    const sent = () => (["CDS", "EDS", "LDS", "RDS"] as const).map((type) => xds.metric(`mesh_resources_sent_total{type="${type}"}`));
    const before = sent();
    const back = await bench.openSotw(xds, "web");
    for (const [type, wanted] of [["CDS", []], ["EDS", ["cart"]], ["LDS", []], ["RDS", ["route-cart"]], ["SDS", ["identity", "trust"]]] as const) {
      back.ask(type, wanted, type === "SDS" ? "" : versions.get(type));
    }
    const responses = await takeAll(back, 2);
    expect(responses.map(({ type }) => type)).toEqual(responses.map(() => "SDS"));
    expect(sent()).toEqual(before);
  });

  test("bytes of what a proxy still has are kept for as long as a whole set may have to name them", async () => {
    await using bench = createBench();
    const { web } = await servedWhole(bench);
    // The listener of the old view stays with a proxy that does not answer for its clusters, through many a change.
    const services = Array.from({ length: 100 }, (_, at) => `service-${at}`);
    for (let edition = 1; edition <= 4; edition++) await bench.compiler.view({ account: "web", services: services.map((name) => `${name}-${edition}`) }, bench.store);
    const clusters = await web.next();
    expect(clusters.type).toBe("CDS");
    await bench.compiler.view({ account: "web", services: ["mail"] }, bench.store);
    web.ack(clusters);
    for (let last: readonly string[] = []; last.join() !== "listener-mail"; ) {
      const response = await web.next();
      web.ack(response);
      if (response.type === "LDS") last = [...response.resources.keys()];
    }
  });
});

test("one proxy may have streams of several kinds, and counts once", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await bench.compiler.proxy(proxyOf("web", "web"));
  const xds = bench.start();
  const whole = await bench.openSotw(xds, "web", "StreamClusters");
  whole.ask("CDS");
  await takeAll(whole, 1);
  const delta = await bench.open(xds, "web", { method: "DeltaListeners" });
  delta.ask("LDS", {});
  delta.ack(await delta.next());
  await bench.settled(1);
  expect(xds.metric("mesh_proxies_connected")).toBe(2);
});
