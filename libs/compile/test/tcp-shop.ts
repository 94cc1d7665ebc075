export interface TcpShop {
  readonly name: string;
  readonly port: { readonly name: string; readonly number: number };
  /** Accounts that may call, each by a TrafficTarget of its name. */
  readonly sources: readonly string[];
}

/** Manifests of a namespace of the mesh with one workload that takes bytes: its pod, account, Service and TCPRoute have its name. */
export function tcpShop({ name, port, sources }: TcpShop): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {openservicemesh.io/monitored-by: osm}}
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}-0, namespace: shop, uid: uid-${name}, labels: {app: ${name}}}
spec: {serviceAccountName: ${name}, containers: [{name: envoy}, {name: app}]}
status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: ${name}}, ports: [{name: ${port.name}, port: ${port.number}}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: ${name}, namespace: shop}
spec: {matches: {name: ${name}, ports: [${port.number}]}}
${sources.map((source) => `---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: ${source}, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: ${name}, namespace: shop}
  rules: [{kind: TCPRoute, name: ${name}}]
  sources: [{kind: ServiceAccount, name: ${source}, namespace: shop}]
`).join("")}`;
}

/** The mesh's settings, to stand beside other manifests. */
export function meshConfig({ permissive }: { readonly permissive: boolean }): string {
  return `---
apiVersion: config.openservicemesh.io/v1alpha2
kind: MeshConfig
metadata: {name: osm-mesh-config, namespace: osm-system}
spec: {traffic: {enablePermissiveTrafficPolicyMode: ${permissive}}}
`;
}
