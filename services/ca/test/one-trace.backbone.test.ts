import { createMemoryBus, createWriter, type Bus, type WatchEvent } from "@osm/bus";
import { beginCompilation, createPushes, inSpan, observing, openTracer, silentLog, systemClock, type Tracer } from "@osm/runtime";
import { needs, startOtlpReceiver, type ReceivedSpan } from "@osm/testkit";
import { liveOrigins, originHeaders } from "@osm/wire";
import { expect, test } from "vitest";

const undated = { sameAs: (bytes: Uint8Array) => Buffer.from(bytes).toString(), yieldsTo: () => false };
const text = (value: string) => new TextEncoder().encode(value);

/** A service's writer and reader, no more than what a trace passes through. */
interface Part {
  readonly bus: Bus;
  readonly tracer: Tracer;
  readonly signal: AbortSignal;
}

function watcherOf({ bus, tracer }: Part) {
  const facts = createWriter(observing(bus, { tracer, fieldsOf: (subject) => ({ ref: subject }) }), undated);
  return {
    listed: (name: string, value: string) => facts.write(`fact.${name}`, text(value)),
    changed: (name: string, value: string) => facts.write(`fact.${name}`, text(value), originHeaders({ trace: undefined, observedAt: Date.now() })),
  };
}

/** Owns the views of its own letter, as a replica owns its share. */
async function compile({ bus, tracer, signal }: Part, view: string, ready: () => void): Promise<void> {
  const originOf = liveOrigins();
  const views = createWriter(bus, undated);
  const turn = async (event: WatchEvent) => {
    const origin = originOf(event);
    if (event.kind === "current") ready();
    if (event.kind !== "entry") return;
    const compilation = beginCompilation(tracer, [{ origin, revision: event.entry.seq }], ({ revision }) => ({ revision }));
    compilation.span.end({ views: 1 });
    await inSpan(tracer.span("compile.publish", compilation.origin?.trace), async (span) => {
      await inSpan(tracer.span("compile.store", span.trace), async () => undefined);
      const headers = originHeaders(compilation.origin && { ...compilation.origin, trace: span.trace });
      await views.write(`view.${view}`, text(`${event.entry.seq}`), headers);
      await views.write(`compiled.${view}`, text(`${event.entry.seq}`), headers);
    });
  };
  for await (const event of bus.watch("fact.>", { signal })) await turn(event);
}

/** Three proxies, of which the last one refuses. */
async function serve({ bus, tracer, signal }: Part, replica: string, ready: () => void): Promise<void> {
  const pushes = createPushes({ tracer, clock: systemClock, replica });
  const proxies = ["a", "b", "c"];
  const originOf = liveOrigins();
  for await (const event of bus.watch(">", { signal })) {
    const origin = originOf(event);
    if (event.kind === "current") ready();
    if (event.kind !== "entry") continue;
    if (event.entry.subject.startsWith("view.")) {
      pushes.arrived(origin);
      proxies.forEach(pushes.sent);
    }
    if (!event.entry.subject.startsWith("compiled.")) continue;
    pushes.complete(origin);
    pushes.rejected("c");
    proxies.forEach(pushes.settled);
  }
}

function stagesOf(spans: readonly ReceivedSpan[], service: string): readonly string[] {
  return spans.filter((span) => span.service === service).map(({ name }) => name).toSorted();
}

needs("rotel-agent")("one change is one trace, as a collector receives it", () => {
  test.each(["http/protobuf", "http/json", "grpc"] as const)("from five services over %s", async (protocol) => {
    await using receiver = await startOtlpReceiver();
    const stop = new AbortController();
    await using bus = createMemoryBus();
    await using tracers = new AsyncDisposableStack();
    const part = async (service: string): Promise<Part> => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: protocol === "grpc" ? receiver.grpc : receiver.http, OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_SERVICE_NAME: service };
      return { bus: bus.connect(), tracer: tracers.use(await openTracer({ service, env, log: silentLog })), signal: stop.signal };
    };
    const watcher = watcherOf(await part("watcher"));
    await watcher.listed("pod", "old");
    const started = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const ready = (index: number) => started[index]?.resolve ?? (() => undefined);
    const loops = [
      compile(await part("compiler-0"), "0", ready(0)), compile(await part("compiler-1"), "1", ready(1)),
      serve(await part("xds-0"), "xds-0", ready(2)), serve(await part("xds-1"), "xds-1", ready(3)),
    ];
    await Promise.all(started.map(({ promise }) => promise));

    // Equal to what stands: no change, so no trace.
    await watcher.changed("pod", "old");
    const revision = await watcher.changed("pod", "new");
    const isWhole = (spans: readonly ReceivedSpan[]) =>
      ["xds-0", "xds-1"].every((service) => spans.some((span) => span.service === service && span.name === "ads.push")) &&
      ["compiler-0", "compiler-1"].every((service) => stagesOf(spans, service).includes("compile.publish")) && stagesOf(spans, "watcher").length > 0;
    const spans = await receiver.until(isWhole);
    stop.abort();
    await Promise.all(loops);

    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(stagesOf(spans, "watcher")).toEqual(["watch.fact"]);
    for (const service of ["compiler-0", "compiler-1"]) {
      expect(stagesOf(spans, service)).toEqual(["compile.fold", "compile.mesh", "compile.publish", "compile.store"]);
    }
    const byId = new Map(spans.map((span) => [span.id, span]));
    const lineOf = (span: ReceivedSpan): string => (span.parent === "" ? span.name : `${lineOf(byId.get(span.parent) ?? expect.fail("no parent"))} → ${span.name}`);
    for (const push of spans.filter(({ name }) => name === "ads.push")) {
      expect(lineOf(push)).toBe("watch.fact → compile.fold → compile.mesh → compile.publish → ads.push");
      expect(push.attributes).toMatchObject({ proxies: "3", acked: "2", rejected: "1", unanswered: "0" });
    }
    const root = spans.find(({ name }) => name === "watch.fact");
    expect(root?.parent).toBe("");
    expect(root?.attributes).toMatchObject({ ref: "fact.pod", gone: "false", revision: `${revision}` });
    expect(spans.every((span) => span.start >= (root?.start ?? 0n))).toBe(true);
  });
});
