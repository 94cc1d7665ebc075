import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const member = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {openservicemesh.io/monitored-by: osm}, annotations: {openservicemesh.io/sidecar-injection: enabled}}\n";

function app(name: string, ports: string): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      serviceAccountName: ${name}
      containers: [{name: ${name}, image: "example.org/${name}:v1", command: ["/not/on/this/machine"], env: [{name: NODE_OPTIONS, value: --nonsense}], ports: ${ports}}]
`;
}

const services = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-bytes, port: 9000}]}
`;

export const routes = `apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: web, namespace: shop}
spec: {matches: [{name: buy, pathRegex: /buy, methods: [GET]}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: bytes, namespace: shop}
spec: {matches: {name: bytes, ports: [9000]}}
`;

export function grant(group: string): string {
  return `apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: buyer, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: web, namespace: shop}
  rules: [{kind: HTTPRouteGroup, name: ${group}}, {kind: TCPRoute, name: bytes}]
  sources: [{kind: ServiceAccount, name: buyer, namespace: shop}]
`;
}

/** A folder with a server, two clients, and a grant to one of them. */
export function shopFolder({ declared }: { readonly declared: boolean }): string {
  const dir = mkdtempSync(join(tmpdir(), "osm-dev-test-"));
  const apps = [app("web", "[{name: http, containerPort: 8080}, {name: bytes, containerPort: 9000}]"), app("buyer", "[]"), app("thief", "[]")];
  writeFileSync(join(dir, "apps.yaml"), [...(declared ? [member] : []), ...apps, services].join("---\n"));
  writeFileSync(join(dir, "routes.yaml"), routes);
  writeFileSync(join(dir, "grant.yaml"), grant("web"));
  return dir;
}
