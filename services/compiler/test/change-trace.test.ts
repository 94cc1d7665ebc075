import type { CompiledMesh } from "@osm/compile";
import { createMetrics } from "@osm/runtime";
import { encodeJson, originHeaders, originIn, tracePartsOf, type Origin } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { keptTracer } from "../../../libs/runtime/test/kept-tracer.ts";
import { traceChanges } from "../src/change-trace.ts";
import { compilerMetrics } from "../src/compiler-metrics.ts";
import type { ReadFact } from "../src/read-facts.ts";
import { createBench, subjects } from "./bench.ts";
import { shop, slice } from "./mesh-facts.ts";

const nothing: CompiledMesh = { revision: 1, views: [], offerings: [], proxies: [], assignments: [], resources: new Map(), findings: [], cache: { outbound: new Map(), views: new Map() } };

function turns() {
  const { tracer, spans } = keptTracer();
  const metrics = createMetrics();
  const trace = traceChanges({ tracer, clock: { now: () => 1500 }, metrics: compilerMetrics(metrics) });
  const factOf = (origin: Origin | undefined): ReadFact => ({ observation: { fact: shop[0] ?? expect.fail("an empty shop") }, revision: 7, origin });
  const change = () => factOf({ trace: tracer.root("watch.fact").trace, observedAt: 1000 });
  const said = () => Number(/mesh_convergence_seconds_count\{stage="compiled"\} (\d+)/.exec(metrics.text())?.[1] ?? 0);
  return { trace, spans, factOf, change, said };
}

describe("what follows from a change", () => {
  test("is said in its trace, and measured once all is said", async () => {
    const { trace, spans, change, said } = turns();
    trace.compile([change()], () => nothing);
    expect(trace.origin()).toBeUndefined();
    let during: Origin | undefined;
    await trace.publish(async () => {
      during = trace.origin();
      return true;
    });
    expect(trace.origin()).toBeUndefined();
    expect(spans.map(({ name }) => name)).toEqual(["compile.fold", "compile.mesh", "compile.publish"]);
    expect(during).toEqual({ trace: expect.stringContaining(spans[2]?.id ?? "?"), observedAt: 1000 });
    expect(spans[0]?.fields).toMatchObject({ revision: 7, kind: shop[0]?.kind });
    expect(said()).toBe(1);
  });
  test("and was not all said is said by the next turn, still as what follows from it", async () => {
    const { trace, spans, factOf, change, said } = turns();
    const fact = change();
    trace.compile([fact], () => nothing);
    await trace.publish(async () => false);
    expect(said()).toBe(0);
    trace.compile([factOf(undefined)], () => nothing);
    await trace.publish(async () => true);
    expect(said()).toBe(1);
    const { traceId } = tracePartsOf(fact.origin?.trace ?? expect.fail("no trace"));
    expect(spans.map((span) => [span.name, span.traceId])).toEqual(["compile.fold", "compile.mesh", "compile.publish", "compile.publish"].map((name) => [name, traceId]));
    await trace.publish(async () => true);
    expect(spans).toHaveLength(4);
  });
  test("is not lost when publishing fails, and the failure is a span's", async () => {
    const { trace, spans, change } = turns();
    trace.compile([change()], () => nothing);
    await expect(trace.publish(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
    expect(trace.origin()).toBeUndefined();
    expect(spans.at(-1)).toMatchObject({ name: "compile.publish", failed: true });
  });
});

test("a compiler's messages carry the change that they follow from, and those of its start none", async () => {
  await using bench = createBench();
  await bench.say(...shop);
  await bench.barrier();
  const metrics = createMetrics();
  const compiler = bench.start("compiler-0", { metrics });
  await compiler.ready;
  const headersOf = async (subject: string) => (await bench.bus.last(subject))?.headers ?? expect.fail("nothing stands");
  expect(originIn(await headersOf(subjects.compiled("compiler-0")))).toBeUndefined();
  const before = metrics.text();
  expect(before).toMatch(/^mesh_views [1-9]/m);
  expect(before).toMatch(/^mesh_compile_cache_total\{result="miss"\} [1-9]/m);

  const fact = slice("server", ["10.0.0.2"]);
  const headers = originHeaders({ trace: undefined, observedAt: 1234 });
  const through = await bench.bus.publish(subjects.fact(fact.kind, fact.namespace, fact.name), encodeJson({ fact, observedAt: 1234 }), { headers });
  await bench.through(through);
  await compiler.stop();
  expect(originIn(await headersOf(subjects.compiled("compiler-0")))).toEqual({ trace: undefined, observedAt: 1234 });
  const count = (text: string, result: string) => Number(new RegExp(`^mesh_compile_cache_total\\{result="${result}"\\} (\\d+)`, "m").exec(text)?.[1]);
  expect(count(metrics.text(), "hit")).toBeGreaterThan(count(before, "hit"));
  expect(metrics.text()).toMatch(/^mesh_convergence_seconds_count\{stage="compiled"\} 1$/m);
});
