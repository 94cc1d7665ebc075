import { z } from "zod";
import {
  endpointSliceObject, httpRouteGroupObject, meshConfigObject, namespaceObject, podObject, serviceObject, tcpRouteObject, trafficSplitObject, trafficTargetObject,
} from "./objects.ts";
import { isMember } from "./membership.ts";

export type Pod = z.output<typeof podObject>;
export type Service = z.output<typeof serviceObject>;
export type EndpointSlice = z.output<typeof endpointSliceObject>;
export type TrafficTarget = z.output<typeof trafficTargetObject>;
export type HttpRouteGroup = z.output<typeof httpRouteGroupObject>;
export type HttpMatch = HttpRouteGroup["spec"]["matches"][number];
export type TcpRoute = z.output<typeof tcpRouteObject>;
export type TrafficSplit = z.output<typeof trafficSplitObject>;

/** The objects of a mesh, as far as they can be read; each list in the order of namespace and name. */
export interface World {
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly targets: readonly TrafficTarget[];
  readonly groups: readonly HttpRouteGroup[];
  readonly tcpRoutes: readonly TcpRoute[];
  readonly splits: readonly TrafficSplit[];
  readonly permissive: boolean;
  readonly egress: boolean;
}

export interface MeshOf {
  readonly mesh: string;
  readonly osmNamespace: string;
}

/** Reads what there is. Objects of namespaces that are not of the mesh, and unreadable ones, are as if they were not there. */
export function readWorld(objects: readonly unknown[], { mesh, osmNamespace }: MeshOf): World {
  const members = new Set(
    read(objects, { kind: "Namespace", versions: ["v1"], schema: namespaceObject }).filter(({ metadata }) => isMember(metadata.labels, mesh)).map(({ metadata }) => metadata.name),
  );
  const ours = <T extends Placed>(wanted: Wanted<T>) =>
    read(objects, wanted).filter(({ metadata }) => members.has(metadata.namespace)).toSorted(byPlace);
  const configs = read(objects, { kind: "MeshConfig", versions: ["config.openservicemesh.io/v1alpha2", "config.openservicemesh.io/v1alpha1"], schema: meshConfigObject });
  const traffic = configs.find(({ metadata }) => metadata.namespace === osmNamespace && metadata.name === "osm-mesh-config")?.spec.traffic;
  return {
    pods: ours({ kind: "Pod", versions: ["v1"], schema: podObject }).filter(({ status }) => status.phase !== "Succeeded" && status.phase !== "Failed"),
    services: ours({ kind: "Service", versions: ["v1"], schema: serviceObject }).filter(({ spec }) => spec.type !== "ExternalName"),
    slices: ours({ kind: "EndpointSlice", versions: ["discovery.k8s.io/v1"], schema: endpointSliceObject }),
    targets: ours({ kind: "TrafficTarget", versions: ["access.smi-spec.io/v1alpha3", "access.smi-spec.io/v1alpha2"], schema: trafficTargetObject }),
    groups: ours({ kind: "HTTPRouteGroup", versions: specsVersions, schema: httpRouteGroupObject }),
    tcpRoutes: ours({ kind: "TCPRoute", versions: specsVersions, schema: tcpRouteObject }),
    splits: ours({ kind: "TrafficSplit", versions: splitVersions, schema: trafficSplitObject }),
    permissive: traffic?.enablePermissiveTrafficPolicyMode ?? false,
    egress: traffic?.enableEgress ?? false,
  };
}

const specsVersions = ["specs.smi-spec.io/v1alpha4", "specs.smi-spec.io/v1alpha3"];
const splitVersions = ["split.smi-spec.io/v1alpha2", "split.smi-spec.io/v1alpha3", "split.smi-spec.io/v1alpha4"];

interface Placed {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

interface Wanted<T> {
  readonly kind: string;
  /** As `apiVersion` writes them. */
  readonly versions: readonly string[];
  readonly schema: z.ZodType<T>;
}

const head = z.object({ apiVersion: z.string(), kind: z.string() });

function read<T>(objects: readonly unknown[], { kind, versions, schema }: Wanted<T>): readonly T[] {
  return objects.flatMap((object) => {
    const found = head.safeParse(object);
    if (!found.success || found.data.kind !== kind || !versions.includes(found.data.apiVersion)) return [];
    const parsed = schema.safeParse(object);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Namespace first, then name, by code point. */
export function byPlace(a: Placed, b: Placed): number {
  return compare(a.metadata.namespace, b.metadata.namespace) || compare(a.metadata.name, b.metadata.name);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The object of this namespace and name. */
export function named<T extends Placed>(all: readonly T[], { namespace, name }: Placed["metadata"]): T | undefined {
  return all.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}
