import { digestOf, podUid } from "@osm/model";
import { expect, test } from "vitest";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { createSpeaker, offeringIdOf, proxyOf, subjects, viewIdOf } from "./mesh-said.ts";

async function served(bench: Bench, xds: RunningXds, uid: string) {
  const client = await bench.open(xds, uid);
  client.behave();
  await client.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  return client;
}

test("a payload that cannot be read changes nothing and ends nothing", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await served(bench, xds, "web");
  const rubbish = new TextEncoder().encode('{"half":');
  const all = [subjects.view(viewIdOf("web")), subjects.offering(offeringIdOf("web")), subjects.proxy(podUid("web")), subjects.endpoints("cart"), subjects.trust, subjects.compiled("compiler-7"), subjects.verdict(digestOf("any"))];
  for (const subject of all) await bench.bus.publish(subject, rubbish);
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.5"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  await served(bench, xds, "job");

  expect(xds.lines.filter(({ message }) => message === "payload unreadable, earlier one stays")).toHaveLength(all.length);
  expect(web.received.flatMap(({ removed }) => removed)).toEqual([]);
});

test("while the bus is away streams are served and known proxies let in; afterwards what happened meanwhile is told", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const line = bench.bus.connect();
  const xds = bench.start(undefined, line);
  const web = await served(bench, xds, "web");
  line.disconnect();
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.6"]);
  const job = await bench.open(xds, "job");
  job.behave();
  await job.until(({ EDS, LDS, SDS }) => EDS.size === 1 && LDS.size === 1 && SDS.has("trust"));
  expect(job.held.SDS.has("identity")).toBe(false);
  expect(web.held.EDS.get("cart")).not.toBe(digest);

  line.reconnect();
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  await job.until(({ SDS }) => SDS.has("identity"));
});

test("a stream that lost its disk takes nothing away; what is not told anew goes once all is told", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const [web, job] = [await served(bench, xds, "web"), await served(bench, xds, "job")];
  bench.bus.loseDisk();
  const compiler = createSpeaker(bench.bus);
  const digest = await compiler.endpoints("cart", ["10.0.0.7"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
  await compiler.view({ account: "web", services: ["cart"] }, bench.store);
  await compiler.proxy(proxyOf("web", "web"));
  expect(xds.metric("mesh_proxies_connected")).toBe(2);
  expect(job.received.flatMap(({ removed }) => removed)).toEqual([]);

  await compiler.compiled(1);
  expect(await job.ended).toMatchObject({ details: "pod-gone" });
  const last = await compiler.endpoints("cart", ["10.0.0.8"]);
  await web.until(({ EDS }) => EDS.get("cart") === last);
  expect(web.received.flatMap(({ removed }) => removed)).toEqual([]);
});
