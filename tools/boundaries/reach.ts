/** OpenTelemetry, by way of `@osm/runtime`; loaded only where tracing is on. */
const traces = [
  "@opentelemetry/api", "@opentelemetry/exporter-trace-otlp-grpc", "@opentelemetry/exporter-trace-otlp-http", "@opentelemetry/exporter-trace-otlp-proto",
  "@opentelemetry/resources", "@opentelemetry/sdk-trace",
];

/** The bus behind `nats:`. */
const nats = ["@nats-io/jetstream", "@nats-io/transport-node"];

/**
 * What each service reaches from its sources, through whatever lies between: packages of the workspace and of npm.
 * A new name here is a decision: what a process links, it must be trusted with. A name that is no longer reached goes.
 */
export const reach: Readonly<Record<string, readonly string[]>> = {
  ca: ["@osm/bus", "@osm/model", "@osm/pki", "@osm/runtime", "@osm/wire", "pino", "zod", ...nats, ...traces],
  compiler: ["@bufbuild/protobuf", "@osm/bus", "@osm/compile", "@osm/envoy-api", "@osm/model", "@osm/runtime", "@osm/store", "@osm/wire",
    "pino", "re2js", "yaml", "zod", ...nats, "ioredis", ...traces],
  injector: ["@kubernetes/client-node", "@osm/admission", "@osm/compile", "@osm/inject", "@osm/intake", "@osm/kube", "@osm/model", "@osm/runtime", "@osm/wire",
    "pino", "re2js", "yaml", "zod", ...traces],
  setup: ["@kubernetes/client-node", "@osm/bus", "@osm/intake", "@osm/kube", "@osm/model", "@osm/pki", "@osm/runtime", "@osm/store",
    "@osm/wire", "pino", "yaml", "zod", ...nats, "ioredis", ...traces],
  watcher: ["@kubernetes/client-node", "@osm/bus", "@osm/compile", "@osm/inject", "@osm/intake", "@osm/kube", "@osm/model", "@osm/runtime", "@osm/wire",
    "pino", "yaml", "zod", ...nats, ...traces],
  xds: ["@bufbuild/protobuf", "@osm/ads", "@osm/bus", "@osm/envoy-api", "@osm/model", "@osm/pki", "@osm/runtime", "@osm/store",
    "@osm/wire", "pino", "yaml", "zod", ...nats, "ioredis", ...traces],
};
