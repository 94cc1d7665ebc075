import { createHash } from "node:crypto";
import { compareCodePoints, inOrder } from "@osm/model";
import type { NamedAddress } from "./hosts-file.ts";
import type { Labels, PodState } from "./pod-object.ts";

export interface SandboxServicePort {
  /** Empty when the service's only port has no name. */
  readonly name: string;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  readonly appProtocol?: string;
}

/** What the sandbox must know of a Service. */
export interface SandboxService extends NamedAddress {
  /** Empty: it selects nothing, and its slices are the user's own. */
  readonly selector: Labels;
  readonly ports: readonly SandboxServicePort[];
  /** IPv4 alone when absent. */
  readonly ipFamilies?: readonly AddressType[];
}

export type AddressType = "IPv4" | "IPv6";

export interface NamedObject {
  readonly namespace: string;
  readonly name: string;
  readonly object: object;
}

interface ResolvedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: "TCP";
  readonly appProtocol?: string;
}

/**
 * The EndpointSlices of a service, as the endpoint slice controller writes them: pods on which its ports lead to the same
 * numbers share one of each family. A service without a pod has one slice without endpoints.
 */
export function endpointSlices(service: SandboxService, pods: readonly PodState[]): readonly NamedObject[] {
  if (Object.keys(service.selector).length === 0) return [];
  const selected = selectedBy(service, pods);
  const groups = Map.groupBy(selected, (pod) => JSON.stringify(resolvedPorts(service, pod)));
  const parts = [...groups.values()];
  return (service.ipFamilies ?? ["IPv4"]).flatMap((family) => (parts.length === 0 ? [[]] : parts).map((group) => sliceOf(service, group, family)));
}

/** The pods behind a service; none when it selects by nothing. */
export function selectedBy({ namespace, selector }: SandboxService, pods: readonly PodState[]): readonly PodState[] {
  if (Object.keys(selector).length === 0) return [];
  return pods.filter((pod) => pod.namespace === namespace && selects(selector, pod.labels));
}

function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function resolvedPorts(service: SandboxService, pod: PodState): readonly ResolvedPort[] {
  return service.ports.flatMap(({ name, targetPort, appProtocol }) => {
    const port = typeof targetPort === "number" ? targetPort : pod.ports.find((each) => each.name === targetPort)?.containerPort;
    if (port === undefined) return [];
    return [{ name, port, protocol: "TCP" as const, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function sliceOf(service: SandboxService, pods: readonly PodState[], addressType: AddressType): NamedObject {
  const { namespace, name: serviceName } = service;
  const [first] = pods;
  const ports = first ? resolvedPorts(service, first) : [];
  const name = `${serviceName}-${createHash("sha256").update(JSON.stringify(ports)).digest("hex").slice(0, 5)}${addressType === "IPv4" ? "" : "-v6"}`;
  const object = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace, name, labels: { "kubernetes.io/service-name": serviceName } },
    addressType,
    ports: ports.toSorted((a, b) => compareCodePoints(a.name, b.name)),
    endpoints: inOrder(pods, (pod) => pod.name).flatMap((pod) => endpointsOf(pod, addressType)),
  };
  return { namespace, name, object };
}

function endpointsOf(pod: PodState, addressType: AddressType): readonly object[] {
  const address = addressType === "IPv4" ? pod.ip : pod.ip6;
  return address === undefined ? [] : [endpointOf(pod, address)];
}

/** `serving` follows the pod's readiness alone; `ready` also asks that it is not on its way out. */
function endpointOf(pod: PodState, address: string): object {
  const terminating = pod.deletedAt !== "";
  return {
    addresses: [address],
    conditions: { ready: pod.ready && !terminating, serving: pod.ready, terminating },
    targetRef: { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid },
  };
}
