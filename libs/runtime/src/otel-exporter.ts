import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Log } from "./log.ts";
import type { TraceSettings } from "./trace-settings.ts";

/** Value of OpenTelemetry's `ExportResultCode.SUCCESS`. */
const succeeded = 0;

/** Sends spans the way the settings say, and tells when that begins to fail and when it works again. */
export async function exporterOf(settings: TraceSettings, log: Log): Promise<SpanExporter> {
  return telling(await plainExporter(settings), log);
}

/** Only the client that is used is loaded. */
async function plainExporter({ protocol, url, sendMs: timeoutMillis }: TraceSettings): Promise<SpanExporter> {
  switch (protocol) {
    case "http/protobuf":
      return new (await import("@opentelemetry/exporter-trace-otlp-proto")).OTLPTraceExporter({ url, timeoutMillis });
    case "http/json":
      return new (await import("@opentelemetry/exporter-trace-otlp-http")).OTLPTraceExporter({ url, timeoutMillis });
    case "grpc":
      return new (await import("@opentelemetry/exporter-trace-otlp-grpc")).OTLPTraceExporter({ url, timeoutMillis });
  }
}

function telling(exporter: SpanExporter, log: Log): SpanExporter {
  let dropped = 0;
  const note = (isSent: boolean, spans: number): void => {
    if (isSent && dropped > 0) log.info({ dropped }, "spans reach their collector again");
    // The error may quote headers, and with them a token: what failed is known without it.
    if (!isSent && dropped === 0) log.warn({ spans }, "spans do not reach their collector, dropped until they do");
    dropped = isSent ? 0 : dropped + spans;
  };
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        note(result.code === succeeded, spans.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
