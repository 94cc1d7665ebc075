import { readdirSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

const manifests = `${import.meta.dirname}/../../docs/example/manifests`;

/** The policies of the guide. */
export function manifestsIn(folder: string): readonly unknown[] {
  return readdirSync(`${manifests}/${folder}`).flatMap((file) => parseAllDocuments(readFileSync(`${manifests}/${folder}/${file}`, "utf8")).map((document): unknown => document.toJS()));
}

export interface PodPlan {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly app: string;
  readonly sidecar?: boolean;
}

/** A pod as it runs, with its ServiceAccount of the same name as the app. */
export function podObject({ namespace, name, ip, app, sidecar = true }: PodPlan): object {
  const containers = [{ name: app, image: "x" }, ...(sidecar ? [{ name: "envoy", image: "x" }] : [])];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: `uid-${name}`, labels: { app } },
    spec: { serviceAccountName: app, containers },
    status: { phase: "Running", podIPs: [{ ip }], conditions: [{ type: "Ready", status: "True" }] },
  };
}

export interface ServicePlan {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly app: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly appProtocol?: string }[];
  readonly pods: readonly PodPlan[];
}

export function serviceObjects({ namespace, name, ip, app, ports, pods }: ServicePlan): readonly object[] {
  return [
    { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { clusterIP: ip, clusterIPs: [ip], selector: { app }, ports } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      addressType: "IPv4",
      metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
      ports: ports.map(({ name: port, port: number }) => ({ name: port, port: number, protocol: "TCP" })),
      endpoints: pods.map((pod) => ({ addresses: [pod.ip], conditions: { ready: true }, targetRef: { kind: "Pod", name: pod.name, namespace } })),
    },
  ];
}

export function namespaceObject(name: string, mesh = "osm"): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { "openservicemesh.io/monitored-by": mesh } } };
}

export function accountObject(namespace: string, name: string): object {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
}

export function meshConfigObject(traffic: object = {}): object {
  return { apiVersion: "config.openservicemesh.io/v1alpha2", kind: "MeshConfig", metadata: { name: "osm-mesh-config", namespace: "osm-system" }, spec: { traffic } };
}

const store: PodPlan = { namespace: "bookstore", name: "store-1", ip: "10.0.0.1", app: "bookstore" };
const buyer: PodPlan = { namespace: "bookbuyer", name: "buyer-1", ip: "10.0.0.2", app: "bookbuyer" };
const thief: PodPlan = { namespace: "bookthief", name: "thief-1", ip: "10.0.0.3", app: "bookthief" };

/** The bookstore with one pod each, before any policy. */
export const bookstore: readonly object[] = [
  ...[store, buyer, thief].flatMap((pod) => [namespaceObject(pod.namespace), accountObject(pod.namespace, pod.app), podObject(pod)]),
  ...serviceObjects({ namespace: "bookstore", name: "bookstore", ip: "10.96.0.10", app: "bookstore", ports: [{ name: "http", port: 14001, appProtocol: "http" }], pods: [store] }),
];
