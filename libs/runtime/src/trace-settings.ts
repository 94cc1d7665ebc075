import type { Env } from "./env.ts";

export const protocols = ["http/protobuf", "http/json", "grpc"] as const;
export type Protocol = (typeof protocols)[number];

export const samplers = [
  "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio", "always_on", "always_off", "traceidratio",
] as const;
export type SamplerName = (typeof samplers)[number];

/** How spans are made and sent, as OpenTelemetry's environment variables say. Headers and certificates are read by the exporter. */
export interface TraceSettings {
  readonly url: string;
  readonly protocol: Protocol;
  /** How long one batch may take, retries included. */
  readonly sendMs: number;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly name: SamplerName; readonly ratio: number };
  readonly queue: { readonly size: number; readonly batch: number; readonly delayMs: number; readonly timeoutMs: number };
}

export interface ReadSettings {
  /** Undefined: tracing is off. */
  readonly settings: TraceSettings | undefined;
  /** Variables that say something else than they may. What they say is not repeated: it may hold a password. */
  readonly bad: readonly string[];
}

interface Source {
  readonly service: string;
  readonly version: string;
  readonly env: Env;
}

/**
 * Tracing is on when an OTLP endpoint is named, and neither `OTEL_SDK_DISABLED` nor `OTEL_TRACES_EXPORTER=none` says otherwise.
 * As the standard asks, a bad variable counts as not set and never keeps a service from starting.
 */
export function readTraceSettings({ service, version, env }: Source): ReadSettings {
  const bad: string[] = [];
  const read = readerOf(env, bad);
  const protocol = read.oneOf(["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"], protocols) ?? "http/protobuf";
  const url = endpointOf(read, protocol);
  if (url === undefined || isOff(read)) return { settings: undefined, bad };
  const settings: TraceSettings = {
    url,
    protocol,
    sendMs: sendMsOf(read),
    resource: { ...instanceOf(read), ...pairsIn(read.text("OTEL_RESOURCE_ATTRIBUTES")), ...serviceNames(read, service), "service.version": version },
    sampler: { name: read.oneOf(["OTEL_TRACES_SAMPLER"], samplers) ?? "parentbased_always_on", ratio: ratioOf(read) },
    queue: queueOf(read),
  };
  return { settings, bad };
}

function readerOf(env: Env, bad: string[]) {
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const remark = (name: string): undefined => {
    if (!bad.includes(name)) bad.push(name);
    return undefined;
  };
  return {
    text,
    remark,
    /** The first of the names that is set decides. */
    oneOf: <T extends string>(names: readonly string[], values: readonly T[]): T | undefined => {
      const name = names.find((each) => text(each) !== undefined);
      return name === undefined ? undefined : (values.find((value) => value === text(name)) ?? remark(name));
    },
    number: (name: string, least: number): number | undefined => {
      const said = text(name);
      if (said === undefined) return undefined;
      return /^\d{1,9}$/.test(said) && Number(said) >= least ? Number(said) : remark(name);
    },
  };
}
type Reader = ReturnType<typeof readerOf>;

function isOff(read: Reader): boolean {
  const exporter = read.text("OTEL_TRACES_EXPORTER") ?? "otlp";
  if (exporter !== "otlp" && exporter !== "none") read.remark("OTEL_TRACES_EXPORTER");
  return read.text("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || exporter !== "otlp";
}

/** An endpoint for all signals gets the path of traces; one for traces, and gRPC's, is taken as it is. */
function endpointOf(read: Reader, protocol: Protocol): string | undefined {
  const [own, common] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
  const name = read.text(own) === undefined ? common : own;
  const said = read.text(name);
  if (said === undefined) return undefined;
  if (!URL.canParse(said) || !/^https?:$/.test(new URL(said).protocol)) return read.remark(name);
  return name === own || protocol === "grpc" ? said : `${said.replace(/\/+$/, "")}/v1/traces`;
}

function serviceNames(read: Reader, service: string): Readonly<Record<string, string>> {
  const named = pairsIn(read.text("OTEL_RESOURCE_ATTRIBUTES"))["service.name"];
  return { "service.name": read.text("OTEL_SERVICE_NAME") ?? named ?? `osm-${service}` };
}

/** Replicas of a service are told apart by the names that the mesh knows them by. */
function instanceOf(read: Reader): Readonly<Record<string, string>> {
  const replica = read.text("OSM_REPLICA");
  return replica === undefined ? {} : { "service.instance.id": replica };
}

function sendMsOf(read: Reader): number {
  return read.number("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", 1) ?? read.number("OTEL_EXPORTER_OTLP_TIMEOUT", 1) ?? 10_000;
}

function queueOf(read: Reader): TraceSettings["queue"] {
  const size = read.number("OTEL_BSP_MAX_QUEUE_SIZE", 1) ?? 2048;
  return {
    size,
    batch: Math.min(size, read.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1) ?? 512),
    delayMs: read.number("OTEL_BSP_SCHEDULE_DELAY", 0) ?? 1000,
    timeoutMs: read.number("OTEL_BSP_EXPORT_TIMEOUT", 1) ?? 30_000,
  };
}

function ratioOf(read: Reader): number {
  const said = read.text("OTEL_TRACES_SAMPLER_ARG");
  if (said === undefined) return 1;
  const ratio = Number(said);
  if (ratio >= 0 && ratio <= 1) return ratio;
  read.remark("OTEL_TRACES_SAMPLER_ARG");
  return 1;
}

/** `key=value,key=value`, values percent-encoded. */
function pairsIn(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? "").split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
