import { z } from "zod";

const port = z.union([z.int().min(1).max(65_535), z.string().min(1).max(63)]);
const host = z.string().max(253).nullish();

/** A probe as it stands in a container; what is not named here is kept as it is. */
export const probeSchema = z.looseObject({
  httpGet: z.looseObject({ path: z.string().max(8192).nullish(), port, host, scheme: z.string().max(8).nullish() }).nullish(),
  tcpSocket: z.looseObject({ port, host }).nullish(),
  grpc: z.looseObject({ port: z.int().min(1).max(65_535), service: z.string().max(1024).nullish() }).nullish(),
  timeoutSeconds: z.int().min(0).nullish(),
  periodSeconds: z.int().min(0).nullish(),
});
export type Probe = z.output<typeof probeSchema>;

/** The kinds that a container may have one probe of each, by the field's name. */
export const probeFields = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
export type ProbeField = (typeof probeFields)[number];

/** What a probe asks of the app. */
export type Check =
  | { readonly kind: "http"; readonly tls: boolean; readonly port: number; readonly path: string }
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "grpc"; readonly port: number; readonly service: string };

/** One probe that the sidecar answers in place of the app. */
export interface Probed {
  readonly container: string;
  readonly field: ProbeField;
  readonly check: Check;
  readonly timeoutSec: number;
  readonly periodSec: number;
}

export type Resolved =
  | { readonly kind: "probed"; readonly probed: Probed }
  /** A command, or a probe of another host: the sidecar is not in its way. */
  | { readonly kind: "untouched" }
  | { readonly kind: "refuse"; readonly message: string };

export interface ProbeOf {
  readonly container: string;
  readonly field: ProbeField;
  readonly probe: Probe;
  /** Ports of the same container by name: a probe's named port is looked for there and nowhere else. */
  readonly named: ReadonlyMap<string, number>;
}

/** What a probe asks for. Kubernetes fills in the same where a field is left out. */
export function resolveProbe(of: ProbeOf): Resolved {
  const { container, field, probe } = of;
  const port = portOf(of);
  if (port === undefined) return { kind: "untouched" };
  if (typeof port === "number") return { kind: "probed", probed: { container, field, check: checkOf(probe, port), ...timesOf(probe) } };
  return { kind: "refuse", message: `container ${container}: ${field} names port ${port}, which the container does not have: name one of its ports, or give a number` };
}

/** A name that is none of the container's stays as it is; undefined: the sidecar is not in the way. */
function portOf({ probe: { httpGet, tcpSocket, grpc }, named }: ProbeOf): number | string | undefined {
  const asked = httpGet ?? tcpSocket;
  if (asked?.host) return undefined;
  const written = asked?.port ?? grpc?.port;
  return typeof written === "string" ? (named.get(written) ?? written) : written;
}

function timesOf({ timeoutSeconds, periodSeconds }: Probe): Pick<Probed, "timeoutSec" | "periodSec"> {
  return { timeoutSec: timeoutSeconds || 1, periodSec: periodSeconds || 10 };
}

function checkOf({ httpGet, tcpSocket, grpc }: Probe, port: number): Check {
  if (httpGet) return { kind: "http", tls: httpGet.scheme?.toUpperCase() === "HTTPS", port, path: absolute(httpGet.path ?? "") };
  if (tcpSocket) return { kind: "tcp", port };
  return { kind: "grpc", port, service: grpc?.service ?? "" };
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
