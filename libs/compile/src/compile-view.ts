import { digestOfJson, inOrder, type Digest, type ListedRefs, type Offering, type Resource, type ResourceRef, type View } from "@osm/model";
import type { OutboundResources } from "./compile-outbound.ts";
import { renderInboundFilter } from "./render/inbound-filter.ts";
import { renderInboundListener, speaks } from "./render/inbound-listener.ts";
import { renderInboundRoute } from "./render/inbound-route.ts";
import { renderInboundTrust } from "./render/inbound-trust.ts";
import { renderLocalCluster } from "./render/local-cluster.ts";
import { renderOutboundEntry, renderPassthrough } from "./render/outbound-entry.ts";
import type { InboundPort, MeshSlice, OutboundList, ViewSlice } from "./slice/slices.ts";

/** `outbound` holds what was compiled of the slices, by their digest. */
export function compileOffering({ id, slices }: OutboundList, outbound: ReadonlyMap<Digest, OutboundResources>): Offering {
  const offered = slices.flatMap(({ digest }) => outbound.get(digest) ?? []);
  const resources = refsOf(offered.flatMap((each) => each.resources));
  const endpoints = [...new Set(offered.flatMap(({ assignments }) => assignments.map(({ name }) => name)))].sort();
  return { id, digest: digestOfJson({ endpoints, resources }), resources, endpoints };
}

/** What every view of the mesh lists. */
export function meshResources({ egress }: MeshSlice): readonly Resource[] {
  return [renderOutboundEntry(egress, "ipv4"), ...(egress ? [renderPassthrough()] : [])];
}

/** What views list as their own; those that take in the same share it. */
export interface OwnList {
  readonly resources: readonly Resource[];
  readonly refs: ListedRefs;
  /** Digest of the names and digests. */
  readonly digest: Digest;
}

export function ownList(resources: readonly Resource[]): OwnList {
  const refs = refsOf(resources);
  return { resources, refs, digest: digestOfJson(refs) };
}

export function compileView({ class: { id, identity }, doors, offering }: ViewSlice, { refs, digest: own }: OwnList): View {
  return { id, digest: digestOfJson({ doors, id, identity, offering, own }), identity, resources: refs, offering, doors };
}

/** A proxy whose pod backs no service listens for nobody (OSM §5.4). */
export function inboundOf(slice: ViewSlice): readonly Resource[] {
  const { class: { ports, ipv6 }, mesh } = slice;
  const entry = ipv6 ? [renderOutboundEntry(mesh.egress, "ipv6")] : [];
  if (ports.length === 0) return entry;
  const listeners = [renderInboundListener(slice, "ipv4"), ...(ipv6 ? [renderInboundListener(slice, "ipv6")] : [])];
  return [...entry, ...listeners, ...ports.flatMap((port) => portResources(port, slice))];
}

function portResources(inbound: InboundPort, { class: { ipv6 }, access, doors }: ViewSlice): readonly Resource[] {
  const { http, tcp } = speaks(inbound);
  const { port } = inbound;
  const carrying = () => [renderInboundFilter(port, access), renderInboundTrust(port, doors[`${port}`]?.callers ?? [])];
  return [renderLocalCluster(port, ipv6), ...(http ? [renderInboundRoute(port, access)] : []), ...(tcp ? carrying() : [])];
}

/** Service ports that lead to the same pods share clusters: each is listed once. */
function refsOf(resources: readonly Resource[]): ListedRefs {
  const byType = Map.groupBy(resources, ({ type }) => type);
  const of = (type: keyof ListedRefs): readonly ResourceRef[] => {
    const named = new Map((byType.get(type) ?? []).map((resource) => [resource.name, refTo(resource)]));
    return inOrder(named.values(), ({ name }) => name);
  };
  return { CDS: of("CDS"), ECDS: of("ECDS"), LDS: of("LDS"), RDS: of("RDS"), SDS: of("SDS") };
}

const refs = new WeakMap<Resource, ResourceRef>();

/** A resource is referred to by one and the same object, so that lists which share a stretch are seen to. */
function refTo(resource: Resource): ResourceRef {
  const { name, digest, needs } = resource;
  const ref = refs.get(resource) ?? { name, digest, needs };
  refs.set(resource, ref);
  return ref;
}
