import type { Call, Intrusion, Speech } from "@osm/simulate";

type Labels = Readonly<Record<string, string>>;
type Maybe<T> = T | undefined;

export interface PodPlan {
  readonly namespace: string;
  readonly account: string;
  readonly app: string;
  readonly tier: string;
  readonly isMeshed: boolean;
  readonly isReady: boolean;
  readonly isRunning: boolean;
  readonly web: number;
}

export interface ServicePlan {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  readonly isExternal: boolean;
  readonly selector: Labels;
  readonly ports: readonly PortPlan[];
}

interface PortPlan {
  readonly protocol: string;
  readonly appProtocol: Maybe<string>;
  readonly targetPort: Maybe<number | string>;
  readonly isUdp: boolean;
}

/** What a random world is made of; names that repeat are dropped, as a cluster would. */
export interface Plan {
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly pods: readonly PodPlan[];
  readonly services: readonly ServicePlan[];
  readonly targets: readonly {
    readonly version: string;
    readonly namespace: string;
    readonly destination: { readonly name: string };
    readonly sources: readonly { readonly name: string }[];
    readonly rules: readonly object[];
  }[];
  readonly groups: readonly { readonly namespace: string; readonly name: string; readonly matches: readonly object[] }[];
  readonly tcpRoutes: readonly { readonly namespace: string; readonly name: string; readonly matches: Maybe<object> }[];
  readonly splits: readonly {
    readonly version: string;
    readonly namespace: string;
    readonly root: string;
    readonly form: string;
    readonly backends: readonly object[];
    readonly matches: readonly string[];
  }[];
  readonly config: { readonly isThere: boolean; readonly permissive: boolean; readonly egress: boolean };
  readonly calls: readonly { readonly from: number; readonly to: number; readonly speaks: Speech }[];
  /** From pod to pod. */
  readonly intrusions: readonly { readonly from: number; readonly to: number; readonly port: number; readonly offers: readonly string[]; readonly wasOpen: boolean; readonly speaks: Speech }[];
}

interface Pools {
  readonly addresses: readonly string[];
}

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export function objectsOf(plan: Plan, pools: Pools): { readonly objects: readonly object[]; readonly calls: readonly Call[]; readonly intrusions: readonly Intrusion[] } {
  const services = distinct(plan.services.map((service) => ({ ...service, kind: "Service", metadata: service })));
  const objects = distinct([
    ...Object.entries(plan.namespaces).map(([name, labels]) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } })),
    ...(plan.config.isThere ? [meshConfig(plan.config)] : []),
    ...plan.pods.map(podObject),
    ...services.flatMap((service) => [serviceObject(service), ...slicesOf(service, plan.pods)]),
    ...plan.targets.map(({ version, namespace, ...spec }, at) => ({ apiVersion: `access.smi-spec.io/${version}`, kind: "TrafficTarget", metadata: { name: `target-${at}`, namespace }, spec })),
    ...plan.groups.map(({ namespace, name, matches }) => ({ apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name, namespace }, spec: { matches } })),
    ...plan.tcpRoutes.map(({ namespace, name, matches }) => ({ apiVersion: "specs.smi-spec.io/v1alpha4", kind: "TCPRoute", metadata: { name, namespace }, spec: { matches } })),
    ...plan.splits.map(splitObject),
  ]);
  return { objects, calls: plan.calls.map((call) => callOf({ ...plan, services }, call, pools)), intrusions: plan.intrusions.map((each) => intrusionOf(plan, each)) };
}

function distinct<T extends KubernetesObject>(objects: readonly T[]): readonly T[] {
  const seen = new Map<string, T>();
  for (const object of objects) {
    const key = `${object.kind}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    if (!seen.has(key)) seen.set(key, object);
  }
  return [...seen.values()];
}

function meshConfig({ permissive, egress }: Plan["config"]) {
  const traffic = { enablePermissiveTrafficPolicyMode: permissive, enableEgress: egress };
  return { apiVersion: "config.openservicemesh.io/v1alpha2", kind: "MeshConfig", metadata: { name: "osm-mesh-config", namespace: "osm-system" }, spec: { traffic } };
}

function podObject(pod: PodPlan, at: number) {
  const ports = [{ name: "web", containerPort: pod.web }, { name: "raw", containerPort: 9000 }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: podName(at), namespace: pod.namespace, uid: `uid-${at}`, labels: { app: pod.app, tier: pod.tier } },
    spec: { serviceAccountName: pod.account, containers: [{ name: "app", ports }, ...(pod.isMeshed ? [{ name: "envoy" }] : [])] },
    status: { phase: pod.isRunning ? "Running" : "Failed", podIPs: [{ ip: podIp(at) }] },
  };
}

const podName = (at: number) => `pod-${at}`;
const podIp = (at: number) => `10.1.0.${at + 1}`;

/** The first port of a service is 80, the second 90. */
const numberAt = (at: number) => 80 + 10 * at;
const portName = ({ protocol }: PortPlan, at: number) => (protocol === "" ? (at === 0 ? "" : "other") : `${protocol}-${at}`);

function serviceObject({ namespace, name, address, isExternal, selector, ports }: ServicePlan) {
  const found = ports.map((port, at) => ({
    name: portName(port, at),
    port: numberAt(at),
    protocol: port.isUdp ? "UDP" : "TCP",
    ...(port.targetPort === undefined ? {} : { targetPort: port.targetPort }),
    ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
  }));
  const type = isExternal ? "ExternalName" : "ClusterIP";
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { type, clusterIP: address, selector, ports: found } };
}

interface Slice {
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  readonly endpoints: { readonly addresses: readonly string[]; readonly conditions: object; readonly targetRef: object }[];
}

/** As Kubernetes' endpoint controller would write them: a slice for each set of port numbers that pods resolve to. */
function slicesOf(service: ServicePlan, pods: readonly PodPlan[]) {
  const { namespace, name, ports } = service;
  const slices = new Map<string, Slice>();
  for (const [at, pod] of pods.entries()) {
    if (!selects(service, pod)) continue;
    const resolved = ports.flatMap((port, index) => {
      const number = typeof port.targetPort === "string" ? { web: pod.web, missing: undefined }[port.targetPort] : (port.targetPort ?? numberAt(index));
      return number === undefined ? [] : [{ name: portName(port, index), port: number, protocol: port.isUdp ? "UDP" : "TCP" }];
    });
    const key = JSON.stringify(resolved);
    const slice = slices.get(key) ?? { ports: resolved, endpoints: [] };
    slice.endpoints.push({ addresses: [podIp(at)], conditions: { ready: pod.isReady }, targetRef: { kind: "Pod", name: podName(at) } });
    slices.set(key, slice);
  }
  return [...slices.values()].map((slice, at) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-${at}`, namespace, labels: { "kubernetes.io/service-name": name } },
    ...slice,
  }));
}

function splitObject({ version, namespace, root, form, backends, matches }: Plan["splits"][number], at: number) {
  const groups = version === "v1alpha4" ? { matches: matches.map((name) => ({ kind: "HTTPRouteGroup", name })) } : {};
  return { apiVersion: `split.smi-spec.io/${version}`, kind: "TrafficSplit", metadata: { name: `split-${at}`, namespace }, spec: { service: `${root}${form}`, backends, ...groups } };
}

/** Half of the calls are between those of whom some target speaks, others may be to anything. */
function callOf(plan: Plan, { from, to, speaks }: Plan["calls"][number], { addresses }: Pools): Call {
  const refAt = (at: number) => `${plan.pods[at]?.namespace ?? "a"}/${podName(at)}`;
  const known = to < 12 ? knownPairs(plan) : [];
  const pair = known[(from * 16 + to) % Math.max(known.length, 1)];
  if (pair) return { from: refAt(pair.from), to: pair.to, speaks };
  const anywhere = [...addresses.map((address) => ({ address, port: 80 })), { address: podIp(0), port: 8080 }, { address: podIp(0), port: 15_003 }, { address: "192.0.2.1", port: 80 }];
  const places = to < 16 ? plan.services.flatMap((service) => placesOf(service, plan.pods)) : anywhere;
  return { from: refAt(from % Math.max(plan.pods.length, 1)), to: places[to % Math.max(places.length, 1)] ?? { address: "192.0.2.1", port: 80 }, speaks };
}

function intrusionOf({ pods }: Plan, { from, to, port, ...how }: Plan["intrusions"][number]): Intrusion {
  const caller = from % Math.max(pods.length, 1);
  return { ...how, from: `${pods[caller]?.namespace ?? "a"}/${podName(caller)}`, to: { address: podIp(to % Math.max(pods.length, 1)), port } };
}

function knownPairs({ pods, services, targets }: Plan) {
  return pods.flatMap(({ account }, from) => {
    const servers = targets.filter(({ sources }) => sources.some(({ name }) => name === account)).map(({ destination }) => destination.name);
    const known = services.filter((service) => pods.some((pod) => selects(service, pod) && servers.includes(pod.account)));
    return known.flatMap((service) => placesOf(service, pods)).map((to) => ({ from, to }));
  });
}

function selects({ namespace, selector }: ServicePlan, pod: PodPlan): boolean {
  const labels: Labels = { app: pod.app, tier: pod.tier };
  const wanted = Object.entries(selector);
  return wanted.length > 0 && pod.namespace === namespace && pod.isRunning && wanted.every(([key, value]) => labels[key] === value);
}

function placesOf(service: ServicePlan, pods: readonly PodPlan[]): readonly Call["to"][] {
  return service.address === "None" ? podPlaces(service, pods) : service.ports.map((_port, at) => ({ address: service.address, port: numberAt(at) }));
}

/** Where a headless service is called. */
function podPlaces(service: ServicePlan, pods: readonly PodPlan[]) {
  return slicesOf(service, pods).flatMap(({ ports, endpoints }) =>
    endpoints.flatMap(({ addresses }) => addresses.flatMap((address) => ports.map(({ port }) => ({ address, port })))),
  );
}
