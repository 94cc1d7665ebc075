import type { WatchEvent } from "@osm/bus";
import { carrying, createMetrics } from "@osm/runtime";
import { manualClock } from "@osm/testkit";
import { originHeaders, type Origin } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { keptTracer } from "../../../libs/runtime/test/kept-tracer.ts";
import { createChanges } from "../src/changes.ts";
import type { ProxyStream } from "../src/stream.ts";
import { createBench, saidShop } from "./bench.ts";
import { createSpeaker, proxyOf, type ViewSaid } from "./mesh-said.ts";

const current: WatchEvent = { kind: "current", seq: 1 };

/** Proxies of which a test says whether they have all. */
function replica() {
  const { tracer, spans } = keptTracer();
  const metrics = createMetrics();
  const [owing, waiting] = [new Set<string>(), new Set<string>()];
  const streams = new Map(["a", "b"].map((uid) => [uid, streamOf(() => !owing.has(uid))]));
  const changes = createChanges({
    replica: "xds-0", tracer, metrics, clock: manualClock(1500),
    streams: {
      ofProxy: (uid) => new Set([streams.get(uid)].filter((stream) => stream !== undefined)),
      waits: (stream) => [...waiting].some((uid) => streams.get(uid) === stream),
    },
  });
  const read = changes.reader();
  read(current);
  let seq = 1;
  const arrive = (origin: Origin | undefined) => read({ kind: "entry", entry: { subject: "view.x", seq: ++seq, bytes: new Uint8Array(), headers: originHeaders(origin) } });
  const sent = (uid: string) => {
    owing.add(uid);
    changes.sent(uid);
  };
  const answers = (uid: string, isAccepted = true) => {
    owing.delete(uid);
    changes.answered(uid, isAccepted);
  };
  const change = (): Origin => ({ trace: tracer.root("watch.fact").trace, observedAt: 1000 });
  return { changes, spans, metrics, waiting, streams, arrive, sent, answers, change };
}

function streamOf(settled: () => boolean): ProxyStream {
  const never = () => expect.fail("not to be asked");
  return {
    proxy: proxyOf("a", "web"), peer: "", settled, view: never, unansweredSince: never, end: never, hear: never, retarget: never, become: never, present: never,
    identity: never, introduced: never, holds: never,
  };
}

describe("a change", () => {
  test("ends with the last answer, and is measured from its observation", () => {
    const { changes, spans, metrics, arrive, sent, answers, change } = replica();
    const origin = arrive(change());
    sent("a");
    sent("b");
    changes.said(origin, 7);
    answers("a");
    changes.reached(6);
    answers("b");
    expect(spans).toEqual([]);
    changes.reached(7);
    expect(spans).toMatchObject([{ name: "ads.push", fields: { replica: "xds-0", proxies: 2, acked: 2, rejected: 0, unanswered: 0 } }]);
    expect(metrics.text()).toContain('mesh_convergence_seconds_sum{stage="acked"} 0.5\n');
  });
  test("counts who refused it", () => {
    const { changes, spans, arrive, sent, answers, change } = replica();
    const origin = arrive(change());
    sent("a");
    sent("b");
    changes.applied(origin);
    answers("a", false);
    answers("b");
    expect(spans).toMatchObject([{ fields: { proxies: 2, acked: 1, rejected: 1 } }]);
  });
  test("waits for a proxy that is to be sent more when its turn comes, and not if it needs no more", () => {
    const { changes, spans, waiting, arrive, sent, answers, change } = replica();
    const origin = arrive(change());
    sent("a");
    waiting.add("a");
    changes.applied(origin);
    answers("a");
    changes.opened();
    expect(spans).toEqual([]);
    waiting.clear();
    changes.opened();
    expect(spans).toMatchObject([{ fields: { proxies: 1, acked: 1 } }]);
  });
  test("waits for none whose streams have ended", () => {
    const { changes, spans, streams, arrive, sent, change } = replica();
    const origin = arrive(change());
    sent("a");
    changes.applied(origin);
    changes.closed("a");
    expect(spans).toEqual([]);
    streams.delete("a");
    changes.closed("a");
    expect(spans).toMatchObject([{ fields: { proxies: 0, unanswered: 0 } }]);
  });
  test("that a compiler never gets through with is let go of, and keeps no memory", () => {
    const { changes, spans, arrive, change } = replica();
    for (let at = 0; at < 100; at += 1) changes.said(arrive(change()), 1000);
    expect(spans).toHaveLength(68);
    changes.reached(1000);
    expect(spans).toHaveLength(100);
    expect(changes.reached(2000)).toBeUndefined();
  });
  test("is none where it was read as it stood, or nobody says when it was observed", () => {
    const { changes, spans, arrive } = replica();
    expect(changes.reader()({ kind: "entry", entry: { subject: "view.x", seq: 2, bytes: undefined, headers: { "observed-at": "1" } } })).toBeUndefined();
    expect(arrive(undefined)).toBeUndefined();
    changes.reached(9);
    expect(spans).toEqual([]);
  });
});

test("a new route that one proxy tries for the others is measured when the last of them has it, and its refusal is counted", async () => {
  await using bench = createBench();
  let origin: Origin | undefined;
  const compiler = createSpeaker(carrying(bench.bus, () => origin));
  await saidShop({ ...bench, compiler });
  await compiler.proxy(proxyOf("web-2", "web"));
  await compiler.compiled(1);
  const xds = bench.start();
  let refused = "nothing yet";
  const join = async (uid: string) => {
    const client = await bench.open(xds, uid, { account: "web" });
    client.behave({ RDS: { subscribe: ["route-cart"] } }, ({ put }) => (put.get("route-cart") === refused ? "Error adding/updating route(s) route-cart: no" : undefined));
    await client.until(({ RDS, EDS, SDS }) => RDS.has("route-cart") && EDS.size === 1 && SDS.size === 2);
    return client;
  };
  const measured = () => xds.metric('mesh_convergence_seconds_count{stage="acked"}');
  const crew = [await join("web"), await join("web-2")];
  await bench.settled(2);
  expect(measured()).toBe(0);

  const routeIn = ({ resources: { RDS } }: ViewSaid) => RDS[0]?.digest ?? expect.fail("no route");
  const change = async (edition: number) => {
    origin = { trace: undefined, observedAt: bench.clock.now() };
    const view = await compiler.view({ account: "web", services: ["cart"], edition }, bench.store);
    await compiler.compiled(view.own.revision);
    return view;
  };
  const liked = await change(5);
  for (const client of crew) await client.until(({ RDS }) => RDS.get("route-cart") === routeIn(liked));
  await bench.progress(({ settled, revision }) => settled === 2 && revision === liked.own.revision);
  expect(measured()).toBe(1);
  expect(xds.metric('osm_proxy_config_update_time_count{resource_type="RDS",success="true"}')).toBe(4);
  expect(xds.metric("mesh_leaf_not_after_seconds")).toBeGreaterThan(bench.clock.now() / 1000);
  expect([xds.metric("osm_proxy_connect_count"), xds.metric('mesh_nack_total{type="RDS"}')]).toEqual([2, 0]);

  refused = routeIn(compiler.made({ account: "web", services: ["cart"], edition: 6 }));
  await change(6);
  await bench.verdict(routeIn(compiler.made({ account: "web", services: ["cart"], edition: 6 })));
  expect(xds.metric('mesh_nack_total{type="RDS"}')).toBe(1);
});
