/** Objects of one namespace of the mesh, as a user would write them. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: object;
}

export const namespace = "shop";

export function member(): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { "openservicemesh.io/monitored-by": "osm" } } };
}

export function accounts(...names: readonly string[]): readonly Manifest[] {
  return names.map((name) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } }));
}

export interface ShopService {
  readonly name: string;
  /** "None" for a headless one. */
  readonly clusterIP: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort?: number; readonly appProtocol?: string }[];
}

export function service({ name, ...spec }: ShopService): Manifest {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec };
}

export function tcpRoute(name: string, ports: readonly number[]): Manifest {
  return { apiVersion: "specs.smi-spec.io/v1alpha4", kind: "TCPRoute", metadata: { name, namespace }, spec: { matches: { name, ports } } };
}

export function httpRoutes(name: string, matches: readonly { readonly name: string; readonly pathRegex: string; readonly methods: readonly string[] }[]): Manifest {
  return { apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name, namespace }, spec: { matches } };
}

export interface Grant {
  readonly name: string;
  readonly from: readonly string[];
  readonly to: string;
  readonly rule: { readonly kind: "TCPRoute" | "HTTPRouteGroup"; readonly name: string; readonly matches?: readonly string[] };
}

export function target({ name, from, to, rule }: Grant): Manifest {
  const account = (each: string) => ({ kind: "ServiceAccount", name: each, namespace });
  return {
    apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name, namespace },
    spec: { destination: account(to), rules: [rule], sources: from.map(account) },
  };
}

export function split(of: string, weights: Readonly<Record<string, number>>): Manifest {
  const backends = Object.entries(weights).map(([each, weight]) => ({ service: each, weight }));
  return { apiVersion: "split.smi-spec.io/v1alpha2", kind: "TrafficSplit", metadata: { name: of, namespace }, spec: { service: of, backends } };
}

/** What a mesh allows beyond its policies. */
export function meshConfig(traffic: { readonly enablePermissiveTrafficPolicyMode?: boolean; readonly enableEgress?: boolean }): Manifest {
  return { apiVersion: "config.openservicemesh.io/v1alpha2", kind: "MeshConfig", metadata: { name: "osm-mesh-config", namespace: "osm-system" }, spec: { traffic } };
}

export function manifestText(objects: readonly Manifest[]): string {
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}
