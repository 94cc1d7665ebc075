import { compareCodePoints, distinct, type AppProtocol, type Finding, type ObjectRef } from "@osm/model";
import { z } from "zod";
import { labels, listOf, objectName, port, shortText } from "../limits.ts";
import { plain, reader } from "./reader.ts";

const address = z.ipv4().or(z.ipv6());

const servicePort = z.object({
  name: shortText.default(""),
  port,
  targetPort: port.or(shortText.min(1)).optional(),
  protocol: z.string().default("TCP"),
  appProtocol: shortText.optional(),
});

type ServicePortObject = z.output<typeof servicePort>;

const serviceSchema = z.object({
  spec: z.object({
    type: z.string().default("ClusterIP"),
    clusterIP: z.string().max(64).optional(),
    clusterIPs: listOf(z.string().max(64), 2),
    selector: labels,
    ports: listOf(servicePort, 1000),
  }),
});

/** ExternalName has neither address nor endpoints, and UDP is not of the mesh (osm.md §5.2). */
export const service = reader({
  group: "",
  kind: "Service",
  versions: ["v1"],
  schema: serviceSchema,
  toFact: ({ spec }, { namespace, name, ref }) => {
    if (spec.type === "ExternalName") return plain(undefined);
    const clusterIps = [spec.clusterIP ?? "", ...spec.clusterIPs].filter((ip) => address.safeParse(ip).success);
    const ports = spec.ports
      .filter((each) => each.protocol === "TCP")
      .map((each) => ({ name: each.name, port: each.port, targetPort: each.targetPort ?? each.port, protocol: protocolOf(each) }))
      .toSorted((a, b) => a.port - b.port || compareCodePoints(a.name, b.name));
    const headless = spec.clusterIP === "None";
    const fact = { kind: "Service", namespace, name, clusterIps: distinct(clusterIps), headless, selector: spec.selector, ports } as const;
    return { value: fact, findings: unknownProtocols(spec.ports, ref) };
  },
});

const byAppProtocol: ReadonlyMap<string, AppProtocol> = new Map([
  ...["http", "http2", "h2c", "grpc", "grpc-web", "ws", "kubernetes.io/h2c", "kubernetes.io/ws"].map((name) => [name, "http"] as const),
  ["tcp", "tcp"],
  ["tcp-server-first", "tcp-server-first"],
]);

/** appProtocol, else the port's name or its part before a dash (osm.md §5.3), else what the client's sidecar finds. */
function protocolOf({ name, appProtocol }: ServicePortObject): AppProtocol {
  if (appProtocol !== undefined) return byAppProtocol.get(appProtocol.toLowerCase()) ?? "tcp";
  if (name === "tcp-server-first" || name.startsWith("tcp-server-first-")) return "tcp-server-first";
  const prefix = name.split("-", 1)[0] ?? "";
  return prefix === "http" || prefix === "grpc" ? "http" : prefix === "tcp" ? "tcp" : "detect";
}

/** A protocol that nobody knows is carried as bytes, which no HTTP rule opens. */
function unknownProtocols(ports: readonly ServicePortObject[], on: ObjectRef): readonly Finding[] {
  const unknown = ports.filter(({ appProtocol }) => appProtocol !== undefined && !byAppProtocol.has(appProtocol.toLowerCase()));
  return unknown.map(({ port: number, appProtocol = "" }) => ({
    code: "SERVICE_PROTOCOL_UNKNOWN", severity: "warning", on, field: `spec.ports[${number}].appProtocol`, detail: appProtocol,
  }));
}

const endpoint = z.object({
  addresses: z.array(address).max(100),
  conditions: z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish(),
  targetRef: z.object({ kind: z.string().optional(), name: objectName.optional() }).nullish(),
});

const sliceSchema = z.object({
  metadata: z.object({ labels }),
  endpoints: listOf(endpoint, 1000),
  ports: listOf(z.object({ name: z.string().nullish(), port: port.nullish(), protocol: z.string().nullish() }), 100),
});

export const endpointSlice = reader({
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  versions: ["v1"],
  schema: sliceSchema,
  toFact: ({ metadata, endpoints, ports }, { namespace, name }) => {
    const owner = metadata.labels["kubernetes.io/service-name"];
    if (!owner) return plain(undefined);
    return plain({
      kind: "EndpointSlice",
      namespace,
      name,
      service: owner,
      ports: ports
        .flatMap((each) => (each.port && (each.protocol ?? "TCP") === "TCP" ? [{ name: each.name ?? "", port: each.port }] : []))
        .toSorted((a, b) => compareCodePoints(a.name, b.name) || a.port - b.port),
      endpoints: endpoints.flatMap(endpointsOf).toSorted((a, b) => compareCodePoints(a.address, b.address)),
    });
  },
});

/** A missing `ready` counts as ready, as the API says; a terminating endpoint never does. */
function endpointsOf({ addresses, conditions, targetRef }: z.output<typeof endpoint>) {
  const ready = (conditions?.ready ?? true) && conditions?.terminating !== true;
  const pod = targetRef?.kind === "Pod" ? (targetRef.name ?? "") : "";
  return addresses.map((each) => ({ address: each, ready, pod }));
}
