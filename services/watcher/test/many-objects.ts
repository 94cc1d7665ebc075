/** Objects for the tests of size: a namespace with Deployments of pods that need no kubelet to go, and Services over them. */
export const node = { apiVersion: "v1", kind: "Node", metadata: { name: "fake" } };

export function namespaceObject(name: string, labels: Readonly<Record<string, string>> = { "openservicemesh.io/monitored-by": "osm" }): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

export function deployment(name: string, namespace: string, replicas: number): object {
  const labels = { app: name };
  const container = { name: "app", image: "none", ports: [{ name: "http", containerPort: 8080 }] };
  const spec = { nodeName: "fake", terminationGracePeriodSeconds: 0, containers: [container, { name: "envoy", image: "none" }] };
  return {
    apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

export function service(name: string, namespace: string, app: string): object {
  return {
    apiVersion: "v1", kind: "Service", metadata: { name, namespace },
    spec: { selector: { app }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  };
}

export function target(name: string, namespace: string): string {
  return `{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: ${name}, namespace: ${namespace}}, spec: {
  destination: {kind: ServiceAccount, name: default}, sources: [{kind: ServiceAccount, name: default, namespace: other}],
  rules: [{kind: HTTPRouteGroup, name: all}]}}`;
}
