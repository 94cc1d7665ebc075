import { eventually } from "@osm/testkit";
import { expect, test } from "vitest";
import type { AdsClient } from "./ads-client.ts";
import { openBalancer, type Balancer } from "./balancer.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { proxyOf } from "./mesh-said.ts";

const handedOver = 'mesh_streams_ended_total{reason="handed-over"}';
const connected = "mesh_proxies_connected";

/** A sidecar: it comes back whenever its stream ends, with what it has. */
interface Sidecar {
  /** The latest stream. */
  now(): AdsClient;
  readonly streams: readonly AdsClient[];
}

async function sidecar(bench: Bench, xds: RunningXds, { uid, balancer }: { readonly uid: string; readonly balancer: Balancer }): Promise<Sidecar> {
  const streams: AdsClient[] = [];
  const come = async (held?: AdsClient["held"]) => {
    const stream = await bench.open(xds, uid, { account: "web", port: balancer.port, ...(held ? { held } : {}) });
    streams.push(stream);
    stream.behave(held ? { SDS: { subscribe: ["identity", "trust"], initial: held.SDS } } : {});
    void stream.ended.then(({ details }) => (details === "handed-over" ? come(stream.held) : undefined));
    return stream;
  };
  const first = await come();
  await first.until(({ CDS, EDS, LDS, SDS }) => CDS.size === 1 && EDS.size === 1 && LDS.size === 1 && SDS.size === 2);
  const now = () => streams.at(-1) ?? first;
  return { now, streams };
}

/** Time passes, and what follows from it does too; the metric gives no event. */
const passing = (bench: Bench, check: () => void) =>
  eventually(() => {
    bench.clock.advance(1000);
    check();
  }, { deadlineMs: 40_000 });

test("a replica with more than its share gives some to a new one, which sends them nothing", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const uids = Array.from({ length: 16 }, (_, at) => `web-${at}`);
  for (const uid of uids) await bench.compiler.proxy(proxyOf(uid, "web"));
  const first = bench.start();
  await using balancer = await openBalancer(await first.port);
  const sidecars = await Promise.all(uids.map((uid) => sidecar(bench, first, { uid, balancer })));
  await bench.settled(16);
  expect(first.metric(handedOver)).toBe(0);

  const second = bench.start(undefined, undefined, "xds-1");
  balancer.use(await first.port, await second.port);
  await passing(bench, () => expect(Math.abs(first.metric(connected) - second.metric(connected))).toBeLessThan(8));
  await passing(bench, () => expect(first.metric(connected) + second.metric(connected)).toBe(16));
  expect(first.metric(handedOver)).toBeGreaterThan(3);
  expect(first.metric(handedOver)).toBeLessThan(16);
  expect(second.metric(handedOver)).toBe(0);

  // All of them get what changes from here on, and those that moved have had nothing before it.
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.77"]);
  await Promise.all(sidecars.map(({ now }) => now().until(({ EDS }) => EDS.get("cart") === digest)));
  const moved = sidecars.filter(({ streams }) => streams.length > 1);
  expect(moved.length).toBeGreaterThan(3);
  for (const { now } of moved) expect(now().received.map(({ type, put }) => [type, [...put.keys()]])).toEqual([["EDS", ["cart"]]]);
});

test("alone, a replica keeps what it has; and so it does when the other has gone", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const uids = Array.from({ length: 8 }, (_, at) => `web-${at}`);
  for (const uid of uids) await bench.compiler.proxy(proxyOf(uid, "web"));
  const first = bench.start();
  await using balancer = await openBalancer(await first.port);
  await Promise.all(uids.map((uid) => sidecar(bench, first, { uid, balancer })));
  await bench.settled(8);
  const second = bench.start(undefined, undefined, "xds-1");
  await second.port;
  await second.stop();
  for (let second = 0; second < 10; second++) bench.clock.advance(1000);
  expect(first.metric(handedOver)).toBe(0);
  expect(first.metric(connected)).toBe(8);
});
