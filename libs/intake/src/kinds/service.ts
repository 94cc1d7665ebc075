import { compareCodePoints, distinct, type AppProtocol, type Finding, type ServicePort } from "@osm/model";
import { z } from "zod";
import { ipAddress, labels, listOf, port, section, shortText } from "../limits.ts";
import { errorsOn, plain, reader, unless, type Subject } from "./reader.ts";

const servicePort = z.object({
  name: shortText.nullish().transform((written) => written ?? ""),
  port,
  /** Nothing, zero or an empty name: the same port as the service's. */
  targetPort: z.union([z.int().min(0).max(65_535), shortText]).nullish().transform((written) => written || undefined),
  protocol: z.string().nullish().transform((written) => written || "TCP"),
  appProtocol: shortText.nullish().transform((written) => written?.toLowerCase() || undefined),
});

const schema = z.object({
  spec: section(z.object({
    type: z.string().nullish(),
    clusterIP: z.string().max(64).nullish(),
    clusterIPs: listOf(z.string().max(64), 2),
    selector: labels,
    ports: listOf(servicePort, 1000),
  })),
});

/** A port of the object, and where it stands there. */
type WrittenPort = z.output<typeof servicePort> & { readonly at: number };

/** ExternalName has neither address nor endpoints, and UDP is not of the mesh (OSM §5.2). */
export const service = reader({
  group: "",
  kind: "Service",
  versions: ["v1"],
  schema,
  toFact: ({ spec }, subject) => {
    if (spec.type === "ExternalName") return plain(undefined);
    const { namespace, name } = subject;
    const addresses = [spec.clusterIP ?? "", ...spec.clusterIPs];
    const clusterIps = distinct(addresses.flatMap((address) => ipAddress.safeParse(address).data ?? []));
    const written = spec.ports.map((each, at) => ({ ...each, at })).filter(({ protocol }) => protocol === "TCP");
    const findings = [...repeatedPorts(written, subject), ...unknownProtocols(written, subject)];
    return unless(findings, () => ({
      kind: "Service", namespace, name, clusterIps, headless: addresses.includes("None"), selector: spec.selector, ports: portsOf(written),
    }));
  },
});

function portsOf(written: readonly WrittenPort[]): readonly ServicePort[] {
  return written
    .map((each) => ({ name: each.name, port: each.port, targetPort: each.targetPort ?? each.port, protocol: protocolOf(each) }))
    .toSorted((a, b) => a.port - b.port || compareCodePoints(a.name, b.name));
}

/** As an API server would refuse them: which of two was meant, and which endpoints are whose, nobody could say. */
function repeatedPorts(written: readonly WrittenPort[], { ref }: Subject): readonly Finding[] {
  const repeated = (key: "port" | "name") => written.filter((each, at) => written.findIndex((other) => other[key] === each[key]) < at);
  const error = errorsOn(ref);
  return [
    ...repeated("port").map(({ at, port: number }) => error("SERVICE_PORT_REPEATED", `spec.ports[${at}].port`, `${number}`)),
    ...repeated("name").map(({ at, name }) => error("SERVICE_PORT_REPEATED", `spec.ports[${at}].name`, name)),
  ];
}

const byAppProtocol: ReadonlyMap<string, AppProtocol> = new Map([
  ...["http", "http2", "h2c", "grpc", "grpc-web", "ws", "kubernetes.io/h2c", "kubernetes.io/ws"].map((name) => [name, "http"] as const),
  ...["tcp", "tls", "https", "wss", "kubernetes.io/wss"].map((name) => [name, "tcp"] as const),
  ["tcp-server-first", "tcp-server-first"],
]);

/** appProtocol, else the port's name or its part before a dash (OSM §5.3), else what the client's sidecar finds. */
function protocolOf({ name, appProtocol }: WrittenPort): AppProtocol {
  if (appProtocol !== undefined) return byAppProtocol.get(appProtocol) ?? "tcp";
  if (name === "tcp-server-first" || name.startsWith("tcp-server-first-")) return "tcp-server-first";
  const prefix = name.split("-", 1)[0] ?? "";
  return prefix === "http" || prefix === "grpc" ? "http" : prefix === "tcp" ? "tcp" : "detect";
}

/** A protocol that nobody knows is carried as bytes, which no HTTP rule opens. */
function unknownProtocols(written: readonly WrittenPort[], { ref: on }: Subject): readonly Finding[] {
  const unknown = written.filter(({ appProtocol }) => appProtocol !== undefined && !byAppProtocol.has(appProtocol));
  return unknown.map(({ at, appProtocol = "" }) => ({
    code: "SERVICE_PROTOCOL_UNKNOWN", severity: "warning", on, field: `spec.ports[${at}].appProtocol`, detail: appProtocol,
  }));
}
