import type { Identity, ObjectRef, PodUid } from "./ids.ts";
import { objectRef } from "./ids.ts";

/**
 * One validated, normalised observation of one object. Facts hold what compile reads and nothing else:
 * no managedFields, no unknown keys, no client types. Lists are in a fixed order wherever their order means nothing.
 */
export type Fact =
  | NamespaceFact
  | PodFact
  | ServiceFact
  | EndpointSliceFact
  | ServiceAccountFact
  | TrafficTargetFact
  | HttpRouteGroupFact
  | TcpRouteFact
  | TrafficSplitFact
  | MeshConfigFact;

export type FactKind = Fact["kind"];

/** Every kind, in the order they are listed at start: what others refer to comes first. */
export const factKinds = [
  "MeshConfig",
  "Namespace",
  "ServiceAccount",
  "Pod",
  "Service",
  "EndpointSlice",
  "HTTPRouteGroup",
  "TCPRoute",
  "TrafficTarget",
  "TrafficSplit",
] as const satisfies readonly FactKind[];

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** A namespace of this mesh. One that is not of it has no fact. */
export interface NamespaceFact extends Named {
  readonly kind: "Namespace";
  /** Always empty: namespaces are cluster-scoped. */
  readonly namespace: "";
}

export interface PodFact extends Named {
  readonly kind: "Pod";
  readonly uid: PodUid;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  /** Named container ports, so that a service may name its target port. */
  readonly ports: Readonly<Record<string, number>>;
  /** True when the pod carries a sidecar of this mesh. */
  readonly meshed: boolean;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  readonly protocol: AppProtocol;
}

/**
 * What is said on a port (OSM §5.3). gRPC, h2c and WebSocket are handled as HTTP. `detect`: nothing was said of it, so the
 * client's sidecar looks at the first bytes. `tcp-server-first`: the server speaks first, so nothing may wait for the client.
 */
export type AppProtocol = "http" | "tcp" | "tcp-server-first" | "detect";

export interface ServiceFact extends Named {
  readonly kind: "Service";
  /** Empty for a headless service: its clients use the addresses of its pods. */
  readonly clusterIps: readonly string[];
  readonly headless: boolean;
  /** Empty: the service selects nothing. */
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
}

export interface EndpointSliceFact extends Named {
  readonly kind: "EndpointSlice";
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly address: string;
  /** Takes new connections: ready, and not terminating. */
  readonly ready: boolean;
  /** Name of the pod behind it, in the slice's namespace; empty when there is none. */
  readonly pod: string;
}

export interface ServiceAccountFact extends Named {
  readonly kind: "ServiceAccount";
}

export interface TrafficTargetFact extends Named {
  readonly kind: "TrafficTarget";
  readonly destination: Identity;
  readonly sources: readonly Identity[];
  readonly rules: readonly TrafficRule[];
}

export interface TrafficRule {
  readonly kind: "HTTPRouteGroup" | "TCPRoute";
  readonly name: string;
  /** Names of matches; empty means every match of the group (SMI traffic-access). Always empty for a TCPRoute. */
  readonly matches: readonly string[];
}

export interface TcpRouteFact extends Named {
  readonly kind: "TCPRoute";
  /** Container ports; empty means every port (OSM §2.8, §5.6). */
  readonly ports: readonly number[];
}

/** How the calls to a service are shared out among backends of its namespace (OSM §5.7). */
export interface TrafficSplitFact extends Named {
  readonly kind: "TrafficSplit";
  /** Name of the root service, without its namespace. */
  readonly service: string;
  readonly backends: readonly SplitBackend[];
  /** HTTPRouteGroups whose matches alone are split; empty: everything is (SMI v1alpha4). */
  readonly matches: readonly string[];
}

export interface SplitBackend {
  readonly service: string;
  readonly weight: number;
}

export interface HttpRouteGroupFact extends Named {
  readonly kind: "HTTPRouteGroup";
  readonly matches: readonly HttpMatch[];
}

export interface HttpMatch {
  readonly name: string;
  /** RE2, held against the whole path without its query (OSM §2.8). */
  readonly pathRegex: string;
  /** Upper case; empty means every method. */
  readonly methods: readonly string[];
  /** Lower-case header name → RE2 held against the whole value; all must hold. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface MeshConfigFact extends Named {
  readonly kind: "MeshConfig";
  readonly permissive: boolean;
  /** Traffic to places outside the mesh passes. */
  readonly egress: boolean;
  readonly tls: TlsSettings;
}

export const tlsVersions = ["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** TLS between sidecars (OSM §2.1). */
export interface TlsSettings {
  readonly min: TlsVersion;
  readonly max: TlsVersion;
  /** Empty: Envoy's own. */
  readonly cipherSuites: readonly string[];
  readonly ecdhCurves: readonly string[];
}

export function refOf(fact: { readonly kind: string; readonly namespace: string; readonly name: string }): ObjectRef {
  return objectRef(fact.kind, fact.namespace, fact.name);
}
