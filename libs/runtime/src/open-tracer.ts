import type { Env } from "./env.ts";
import type { Log } from "./log.ts";
import { readTraceSettings } from "./trace-settings.ts";
import { noTracer, type OpenTracer } from "./tracer.ts";
import { version } from "./version.ts";

export interface TracerOptions {
  /** Name of the service in its spans, unless `OTEL_SERVICE_NAME` says another. */
  readonly service: string;
  readonly env: Env;
  readonly log: Log;
}

const off: OpenTracer = { ...noTracer, [Symbol.asyncDispose]: async () => undefined };

/**
 * A tracer as the `OTEL_*` variables configure it. Without an OTLP endpoint it is off, and OpenTelemetry is not even loaded.
 * A collector that cannot be reached costs its spans and one line of the log, and never a service.
 */
export async function openTracer({ service, env, log }: TracerOptions): Promise<OpenTracer> {
  const { settings, bad } = readTraceSettings({ service, version, env });
  if (bad.length > 0) log.warn({ variables: bad }, "tracing variables not understood, passed over");
  if (settings === undefined) return off;
  const { startOtel } = await import("./otel.ts");
  log.info({ protocol: settings.protocol, sampler: settings.sampler.name }, "tracing on");
  return startOtel(settings, log);
}
