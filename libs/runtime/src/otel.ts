import { ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace as otel, type Context, type Span as OtelSpan, type SpanContext, type Tracer as OtelTracer } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler, AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider, type Sampler,
} from "@opentelemetry/sdk-trace";
import { traceOf, tracePartsOf, type Trace } from "@osm/wire";
import type { Log } from "./log.ts";
import { exporterOf } from "./otel-exporter.ts";
import type { TraceSettings } from "./trace-settings.ts";
import { noSpan, type OpenTracer, type Span, type SpanFields, type SpanName, type SpanOptions } from "./tracer.ts";

/** What is left is sent for so long when a service ends. */
const lastWordsMs = 3000;

/** OpenTelemetry behind our own words. Loaded only where tracing is on; registers nothing global, so services share a process. */
export async function startOtel(settings: TraceSettings, log: Log): Promise<OpenTracer> {
  const { size, batch, delayMs, timeoutMs } = settings.queue;
  const exporter = await exporterOf(settings, log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes(settings.resource),
    sampler: samplerOf(settings.sampler),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: size, maxExportBatchSize: batch, scheduledDelayMillis: delayMs, exportTimeoutMillis: timeoutMs }),
    ],
  });
  const tracer = provider.getTracer("osm");
  return {
    root: (name, options) => begun(tracer, { name, within: ROOT_CONTEXT, options }),
    span: (name, from, options) => (from === undefined ? noSpan : begun(tracer, { name, within: contextOf(from), options })),
    [Symbol.asyncDispose]: () => flushed(provider, log),
  };
}

interface Beginning {
  readonly name: SpanName;
  readonly within: Context;
  readonly options: SpanOptions | undefined;
}

function begun(tracer: OtelTracer, { name, within, options }: Beginning): Span {
  const { at, fields } = options ?? {};
  const span = tracer.startSpan(name, { ...(at === undefined ? {} : { startTime: at }), ...(fields === undefined ? {} : { attributes: fields }) }, within);
  return {
    trace: traceOf(partsOf(span.spanContext())),
    set: (more) => void span.setAttributes(more),
    link: (to) => {
      if (to !== undefined) span.addLink({ context: spanContextOf(to) });
    },
    end: (more = {}) => ended(span, more),
    fail: (err, more = {}) => {
      span.setStatus({ code: SpanStatusCode.ERROR });
      ended(span, { "error.type": kindOf(err), ...more });
    },
  };
}

function ended(span: OtelSpan, fields: SpanFields): void {
  span.setAttributes(fields);
  span.end();
}

function kindOf(err: unknown): string {
  if (!(err instanceof Error)) return "unknown";
  return "code" in err && typeof err.code === "string" ? `${err.name} ${err.code}` : err.name;
}

function contextOf(from: Trace): Context {
  return otel.setSpanContext(ROOT_CONTEXT, spanContextOf(from));
}

function spanContextOf(from: Trace): SpanContext {
  const { traceId, spanId, isSampled } = tracePartsOf(from);
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

function partsOf({ traceId, spanId, traceFlags }: SpanContext) {
  return { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

function samplerOf({ name, ratio }: TraceSettings["sampler"]): Sampler {
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

/** Never fails and never hangs: the last spans are not worth a service's end. */
async function flushed(provider: TracerProvider, log: Log): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    log.warn({}, "last spans not sent in time, dropped");
    late.resolve();
  }, lastWordsMs);
  await Promise.race([provider.shutdown().catch(() => undefined), late.promise]);
  clearTimeout(timer);
}
