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
  "TrafficTarget",
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

/** What is said on a port (OSM §5.3). gRPC is handled as HTTP; `other` is a protocol that no chain is built for. */
export type AppProtocol = "http" | "other";

export interface ServiceFact extends Named {
  readonly kind: "Service";
  readonly clusterIps: readonly string[];
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
  readonly kind: "HTTPRouteGroup";
  readonly name: string;
  /** Names of matches; empty means every match of the group (SMI traffic-access). */
  readonly matches: readonly string[];
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
}

export function refOf(fact: { readonly kind: string; readonly namespace: string; readonly name: string }): ObjectRef {
  return objectRef(fact.kind, fact.namespace, fact.name);
}
