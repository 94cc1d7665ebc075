import { createMetrics } from "@osm/runtime";
import { originIn, tracePartsOf } from "@osm/wire";
import { expect, test } from "vitest";
import { keptTracer } from "../../../libs/runtime/test/kept-tracer.ts";
import { account, both, gone, listed, namespace, objects, runningWatcher, shortSubject, subjects } from "./bench.ts";

const value = (text: string, sample: string) => Number(text.split("\n").find((line) => line.startsWith(`${sample} `))?.slice(sample.length + 1));

test("a change begins a trace when it was observed, a list begins none, and both are counted", async () => {
  const { tracer, spans } = keptTracer();
  const metrics = createMetrics();
  let now = 5000;
  await using watcher = runningWatcher({ now: () => now, tracer, metrics });
  await watcher.tell(...objects(both(namespace("shop"), account("web"), account("stray", "elsewhere"))), listed);
  expect(spans).toEqual([]);
  const headersOf = async (name: string) => (await watcher.bus.last(subjects.fact("ServiceAccount", "shop", name)))?.headers ?? expect.fail("nothing stands");
  expect(originIn(await headersOf("web"))).toBeUndefined();

  now = 7000;
  await watcher.tell(...objects(account("buyer")));
  expect(spans).toMatchObject([{ name: "watch.fact", at: 7000, parent: undefined, fields: { kind: "ServiceAccount", namespace: "shop", name: "buyer", gone: false } }]);
  const origin = originIn(await headersOf("buyer"));
  expect(origin?.observedAt).toBe(7000);
  expect(tracePartsOf(origin?.trace ?? expect.fail("no trace")).traceId).toBe(spans[0]?.traceId);

  // Equal to what stands: no change.
  await watcher.tell(...objects(account("buyer")));
  expect(spans).toHaveLength(1);
  await watcher.tell(...gone(account("buyer")));
  expect(spans[1]).toMatchObject({ fields: { name: "buyer", gone: true } });
  expect(spans[1]?.traceId).not.toBe(spans[0]?.traceId);
  expect(watcher.wrote.filter((each) => each.includes("buyer"))).toEqual(["", "-"].map((sign) => `${sign}${shortSubject(subjects.fact("ServiceAccount", "shop", "buyer"))}`));

  const text = metrics.text();
  expect(value(text, 'mesh_convergence_seconds_count{stage="published"}')).toBe(2);
  expect([value(text, 'mesh_facts{kind="ServiceAccount"}'), value(text, 'mesh_facts{kind="Namespace"}'), value(text, 'mesh_facts{kind="Pod"}')]).toEqual([1, 1, 0]);
  expect(value(text, "osm_resource_namespace_count")).toBe(1);
  expect(value(text, 'osm_k8s_api_event_count{type="ServiceAccount",namespace="shop"}')).toBe(4);
  expect(text).not.toContain("elsewhere");
});
