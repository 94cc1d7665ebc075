import { ClusterSchema, DiscoveryType, encode, ListenerSchema, RouteConfigurationSchema } from "@osm/envoy-api";
import { digestOf } from "@osm/model";
import { expect, test } from "vitest";
import type { AdsClient, Held } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { proxyOf, type Named, type ViewWish } from "./mesh-said.ts";

const words = "Didn't find a registered implementation for 'envoy.filters.listener.http_inspector'";
const listener = "10.96.0.10:80";

function clusterOf(name: string, assignment: string): Named {
  return { name, needs: [assignment], bytes: encode(ClusterSchema, { name, clusterDiscoveryType: { case: "type", value: DiscoveryType.EDS }, edsClusterConfig: { serviceName: assignment } }) };
}

function listenerOf(edition: string, needs: readonly string[]): Named {
  return { name: listener, needs, bytes: encode(ListenerSchema, { name: listener, statPrefix: edition }) };
}

function routeOf(name: string, needs: readonly string[]): Named {
  return { name, needs, bytes: encode(RouteConfigurationSchema, { name }) };
}

/** The port is declared as HTTP. */
const declared: ViewWish = { account: "web", services: ["cart"], made: { CDS: [clusterOf("cart", "cart")], LDS: [listenerOf("declared", ["cart"])], RDS: [routeOf("route-cart", ["cart"])] } };
/** The same port, of which nothing is said. */
const detected: ViewWish = { account: "web", services: ["cart"], made: { CDS: [clusterOf("cart|detected", "cart")], LDS: [listenerOf("detected", ["cart|detected"])], RDS: [] } };
const refused = digestOf(listenerOf("detected", ["cart|detected"]).bytes);

async function connected(bench: Bench, xds: RunningXds, uid: string): Promise<AdsClient> {
  const client = await bench.open(xds, uid, { account: "web" });
  client.behave({ RDS: { subscribe: ["route-cart"] } }, ({ put }) => ([...put.values()].some((version) => version === refused) ? words : undefined));
  return client;
}

const isServedAsDeclared = ({ CDS, LDS, EDS, RDS }: Held) =>
  CDS.has("cart") && EDS.has("cart") && LDS.get(listener) === digestOf(listenerOf("declared", ["cart"]).bytes) && RDS.has("route-cart");

/** A proxy was content with the first view, and refused the listener of the second. */
async function refusedShop(bench: Bench): Promise<{ readonly xds: RunningXds; readonly web: AdsClient }> {
  await saidShop(bench);
  await bench.compiler.view(declared, bench.store);
  for (const uid of ["web-2", "web-3"]) await bench.compiler.proxy(proxyOf(uid, "web"));
  const xds = bench.start();
  const web = await connected(bench, xds, "web");
  await web.until(isServedAsDeclared);
  await bench.compiler.view(detected, bench.store);
  return { xds, web };
}

test("a last good listener keeps the cluster that the view has left, with its endpoints and its routes", async () => {
  await using bench = createBench();
  const { web } = await refusedShop(bench);
  await bench.verdict(refused);
  await web.until(({ CDS }) => CDS.has("cart|detected"));
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.9"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  await bench.settled(1);
  expect(isServedAsDeclared(web.held)).toBe(true);
  expect(web.received.flatMap(({ type, removed }) => (type === "EDS" ? [] : removed))).toEqual([]);
});

test("a proxy that connects later is given all of it", async () => {
  await using bench = createBench();
  const { xds } = await refusedShop(bench);
  await bench.verdict(refused);
  const late = await connected(bench, xds, "web-2");
  await late.until(isServedAsDeclared);
  expect(late.received.flatMap(({ put }) => [...put.values()])).not.toContain(refused);
});

test("so does a replica that starts later and has never seen the view before", async () => {
  await using bench = createBench();
  await refusedShop(bench);
  const { beside, sound } = await bench.verdict(refused, (verdict) => Object.keys(verdict.beside).length > 0);
  expect(Object.values(beside).flat().map(({ type, name }) => `${type} ${name}`)).toEqual(["CDS cart", "RDS route-cart"].toSorted());
  expect(sound.every(({ bytes }) => bytes !== null)).toBe(true);
  const late = await connected(bench, bench.start(undefined, undefined, "xds-1"), "web-2");
  await late.until(isServedAsDeclared);
});

test("the cluster goes once the view comes to a listener that proxies take", async () => {
  await using bench = createBench();
  const { web } = await refusedShop(bench);
  await bench.verdict(refused);
  const { CDS } = detected.made ?? { CDS: [] };
  const mended = listenerOf("mended", ["cart|detected"]);
  await bench.compiler.view({ ...detected, made: { CDS, LDS: [mended], RDS: [] } }, bench.store);
  await web.until(({ LDS }) => LDS.get(listener) === digestOf(mended.bytes));
  web.ask("RDS", { unsubscribe: ["route-cart"] });
  await web.until((held) => !held.CDS.has("cart"));
  expect([...web.held.CDS.keys()]).toEqual(["cart|detected"]);
});

test("a new proxy waits for a listener whose last good version leads out of the mesh, where the way out is no more", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const open = clusterOf("passthrough-outbound", "cart");
  await bench.compiler.view({ ...declared, made: { CDS: [open], LDS: [listenerOf("declared", [open.name])], RDS: [] } }, bench.store);
  await bench.compiler.proxy(proxyOf("web-2", "web"));
  const xds = bench.start();
  const web = await connected(bench, xds, "web");
  await web.until(({ LDS }) => LDS.size === 1);
  await bench.compiler.view(detected, bench.store);
  await bench.verdict(refused);
  const late = await connected(bench, xds, "web-2");
  await late.until(({ CDS }) => CDS.has("cart|detected"));
  await bench.settled(2);
  expect([[...late.held.CDS.keys()], [...late.held.LDS]]).toEqual([["cart|detected"], []]);
});
