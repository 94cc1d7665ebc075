import { originIn, tracePartsOf } from "@osm/wire";
import { manualClock } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { beginCompilation, createPushes, carrying, inSpan, noSpan, noTracer, observing, type Publishing, type Pushed, type Tracer } from "../src/index.ts";
import { keptTracer } from "./kept-tracer.ts";

const observed = { "observed-at": "1000" };

function bus() {
  const written: { readonly subject: string; readonly headers: Readonly<Record<string, string>> }[] = [];
  return {
    written,
    publish: async (subject: string, _bytes: Uint8Array | undefined, { headers = {} }: { readonly headers?: Readonly<Record<string, string>> } = {}) =>
      written.push({ subject, headers }),
  };
}

describe("a watcher's writes", () => {
  const fieldsOf = (ref: string) => ({ ref });

  test("begin a trace where they tell of a change, and carry it", async () => {
    const { tracer, spans } = keptTracer();
    const plain = bus();
    const published: number[] = [];
    const seq = await observing(plain, { tracer, fieldsOf, published: (at) => published.push(at) }).publish("fact.a", new Uint8Array(), { headers: observed });
    expect(seq).toBe(1);
    expect(spans).toMatchObject([{ name: "watch.fact", at: 1000, parent: undefined, fields: { ref: "fact.a", gone: false, revision: 1 } }]);
    const origin = originIn(plain.written[0]?.headers ?? {});
    expect(origin).toMatchObject({ observedAt: 1000, trace: expect.stringContaining(spans[0]?.id ?? "?") });
    expect(published).toEqual([1000]);
  });
  test("begin none where they tell a list at the start", async () => {
    const { tracer, spans } = keptTracer();
    const plain = bus();
    await observing(plain, { tracer, fieldsOf }).publish("fact.a", new Uint8Array());
    expect(spans).toEqual([]);
    expect(plain.written).toEqual([{ subject: "fact.a", headers: {} }]);
  });
  test("that are refused leave no span behind", async () => {
    const { tracer, spans } = keptTracer();
    const refusing: Publishing = { publish: () => Promise.reject(new Error("WrongSequence")) };
    await expect(observing(refusing, { tracer, fieldsOf }).publish("fact.a", undefined, { headers: observed })).rejects.toThrow("WrongSequence");
    expect(spans).toEqual([]);
  });
});

test("what one turn writes carries its origin, what is written outside of one carries none", async () => {
  const plain = bus();
  let turn: { readonly trace: undefined; readonly observedAt: number } | undefined;
  const writer = carrying(plain, () => turn);
  await writer.publish("view.a", new Uint8Array());
  turn = { trace: undefined, observedAt: 7 };
  await writer.publish("view.b", new Uint8Array(), { headers: { mine: "x" } });
  expect(plain.written.map(({ headers }) => headers)).toEqual([{}, { mine: "x", "observed-at": "7" }]);
});

describe("a compilation", () => {
  const change = (tracer: Tracer, observedAt: number) => {
    const span = tracer.root("watch.fact");
    span.end();
    return { origin: { trace: span.trace, observedAt }, ref: `Pod/a/${observedAt}` };
  };
  const refOf = ({ ref = "" }: { readonly ref?: string }) => ({ ref });
  const old = { origin: undefined };
  test("of one change goes on in its trace", () => {
    const { tracer, spans } = keptTracer();
    const fact = change(tracer, 5);
    const { span, origin } = beginCompilation(tracer, [{ ...old, ref: "" }, fact], refOf);
    span.end({ views: 3 });
    const [root, fold, mesh] = spans;
    expect([fold, mesh]).toMatchObject([
      { name: "compile.fold", parent: root?.id, fields: { ref: "Pod/a/5" }, links: [] },
      { name: "compile.mesh", parent: fold?.id, fields: { facts: 2, changes: 1, views: 3 }, links: [] },
    ]);
    expect(origin).toEqual({ trace: span.trace, observedAt: 5 });
  });
  test("of several goes on in the newest's, linked with the others both ways, and is dated by the oldest", () => {
    const { tracer, spans } = keptTracer();
    const facts = [change(tracer, 9), change(tracer, 4), change(tracer, 7)];
    const { span, origin } = beginCompilation(tracer, facts, refOf);
    span.end();
    const folds = spans.filter(({ name }) => name === "compile.fold");
    const mesh = spans.find(({ name }) => name === "compile.mesh");
    expect(folds.map(({ fields }) => fields["ref"])).toEqual(["Pod/a/9", "Pod/a/4", "Pod/a/7"]);
    expect(new Set(folds.map(({ traceId }) => traceId)).size).toBe(3);
    expect(mesh).toMatchObject({ parent: folds[2]?.id, traceId: folds[2]?.traceId, links: [folds[0]?.id, folds[1]?.id] });
    expect(folds.map(({ links }) => links)).toEqual([[mesh?.id], [mesh?.id], []]);
    expect(origin?.observedAt).toBe(4);
  });
  test("of old news is none", () => {
    const { tracer, spans } = keptTracer();
    expect(beginCompilation(tracer, [old], () => expect.fail("asked for the fields of old news"))).toEqual({ span: noSpan, origin: undefined });
    expect(spans).toEqual([]);
  });
  test("of a thousand changes links no more than a span holds", () => {
    const { tracer, spans } = keptTracer();
    beginCompilation(tracer, Array.from({ length: 1000 }, (_each, at) => change(tracer, at)), refOf).span.end({ views: 1 });
    expect(spans.find(({ name }) => name === "compile.mesh")?.links).toHaveLength(127);
  });
  test("by a process that does not trace passes the trace on", () => {
    const fact = change(keptTracer().tracer, 5);
    expect(beginCompilation(noTracer, [fact], refOf).origin).toEqual(fact.origin);
  });
});

describe("a push", () => {
  function replica() {
    const { tracer, spans } = keptTracer();
    const clock = manualClock(1_000_000);
    const ended: Pushed[] = [];
    const pushes = createPushes({ tracer, clock, replica: "xds-0", ended: (pushed) => ended.push(pushed) });
    const origin = (observedAt: number) => ({ trace: tracer.root("watch.fact").trace, observedAt });
    return { pushes, spans, ended, clock, origin };
  }
  test("is one span, which ends with the last of its proxies' answers", () => {
    const { pushes, spans, ended, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.arrived(one);
    for (const proxy of ["a", "b", "c"]) pushes.sent(proxy);
    pushes.complete(one);
    pushes.settled("a");
    pushes.rejected("b");
    pushes.settled("b");
    expect(spans).toEqual([]);
    pushes.settled("c");
    expect(spans).toMatchObject([{ name: "ads.push", fields: { replica: "xds-0", proxies: 3, acked: 2, rejected: 1, unanswered: 0 } }]);
    expect(spans[0]?.traceId).toBe(tracePartsOf(one.trace ?? expect.fail("no trace")).traceId);
    expect(ended).toEqual([{ proxies: 3, acked: 2, rejected: 1, observedAt: 5 }]);
  });
  test("waits until all its messages are applied", () => {
    const { pushes, ended, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.sent("a");
    pushes.settled("a");
    expect(ended).toEqual([]);
    pushes.complete(one);
    expect(ended).toMatchObject([{ proxies: 1, acked: 1 }]);
  });
  test("of two compilers waits for both", () => {
    const { pushes, ended, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.arrived(one);
    pushes.sent("a");
    pushes.complete(one);
    pushes.arrived(one);
    pushes.settled("a");
    expect(ended).toEqual([]);
    pushes.complete(one);
    expect(ended).toHaveLength(1);
  });
  test("that nobody needed ends at once, with no proxies", () => {
    const { pushes, ended, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.complete(one);
    expect(ended).toEqual([{ proxies: 0, acked: 0, rejected: 0, observedAt: 5 }]);
  });
  test("does not wait for a proxy that is gone", () => {
    const { pushes, ended, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.sent("a");
    pushes.sent("b");
    pushes.complete(one);
    pushes.settled("a");
    pushes.gone("b");
    expect(ended).toMatchObject([{ proxies: 1, acked: 1 }]);
  });
  test("waits for none who were sent nothing more when their turn came", () => {
    const { pushes, ended, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.sent("a");
    pushes.sent("b");
    pushes.complete(one);
    expect([pushes.waitsFor("a"), pushes.waitsFor("c")]).toEqual([true, false]);
    pushes.settledWhere((proxy) => proxy === "a");
    expect(ended).toEqual([]);
    pushes.settledWhere(() => true);
    expect(ended).toMatchObject([{ proxies: 2, acked: 2 }]);
  });
  test("ends after a minute without the proxies that say nothing, and counts for no convergence", () => {
    const { pushes, spans, ended, clock, origin } = replica();
    const one = origin(5);
    pushes.arrived(one);
    pushes.sent("a");
    pushes.complete(one);
    clock.advance(60_000);
    expect(spans).toMatchObject([{ fields: { proxies: 1, acked: 0, unanswered: 1 } }]);
    pushes.settled("a");
    expect(ended).toEqual([]);
  });
  test("of a storm: no more than a few are open", () => {
    const { pushes, spans, origin } = replica();
    for (let at = 1; at <= 40; at += 1) pushes.arrived(origin(at));
    expect(spans).toHaveLength(8);
  });
  test("is measured where nobody traces, too", () => {
    const ended: Pushed[] = [];
    const pushes = createPushes({ tracer: noTracer, clock: manualClock(0), replica: "xds-0", ended: (pushed) => ended.push(pushed) });
    const one = { trace: undefined, observedAt: 5 };
    pushes.arrived(one);
    pushes.sent("a");
    pushes.complete(one);
    pushes.settled("a");
    expect(ended).toMatchObject([{ observedAt: 5 }]);
  });
});

test("a stage that fails ends its span as failed, and the error goes on", async () => {
  const { tracer, spans } = keptTracer();
  const from = tracer.root("watch.fact").trace;
  await expect(inSpan(tracer.span("compile.publish", from), () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await inSpan(tracer.span("compile.store", from), async () => 7)).toBe(7);
  expect(spans.map(({ name, failed }) => [name, failed])).toEqual([["compile.publish", true], ["compile.store", false]]);
});
