import { compareCodePoints, digestOfJson, inOrder, type Digest, type Resource, type ResourceRef, type View } from "@osm/model";
import type { OutboundResources } from "./compile-outbound.ts";
import { renderInboundFilter } from "./render/inbound-filter.ts";
import { renderInboundListener, speaks } from "./render/inbound-listener.ts";
import { renderInboundRoute } from "./render/inbound-route.ts";
import { renderInboundTrust } from "./render/inbound-trust.ts";
import { renderLocalCluster } from "./render/local-cluster.ts";
import { renderOutboundEntry, renderPassthrough } from "./render/outbound-entry.ts";
import type { InboundPort, MeshSlice, OutboundList, ViewSlice } from "./slice/slices.ts";

export interface CompiledView {
  readonly view: View;
  /** What it lists beside what it is offered. */
  readonly own: readonly Resource[];
}

type Listed = View["resources"];

/** What is listed of the service ports that a view is offered; views with the same offer share it. */
export interface OfferedRefs {
  readonly resources: Listed;
  readonly endpoints: readonly string[];
  /** Digest of the rest. */
  readonly digest: Digest;
}

/** `outbound` holds what was compiled of the slices, by their digest. */
export function offeredRefs({ slices }: OutboundList, outbound: ReadonlyMap<Digest, OutboundResources>): OfferedRefs {
  const offered = slices.flatMap(({ digest }) => outbound.get(digest) ?? []);
  const resources = refsOf(offered.flatMap((each) => each.resources));
  const endpoints = [...new Set(offered.flatMap(({ assignments }) => assignments.map(({ name }) => name)))].sort();
  return { resources, endpoints, digest: digestOfJson({ endpoints, resources }) };
}

/** What every view of the mesh lists. */
export function meshResources({ egress }: MeshSlice): readonly Resource[] {
  return [renderOutboundEntry(egress, "ipv4"), ...(egress ? [renderPassthrough()] : [])];
}

/** What a view lists; views that are offered the same and take in the same share it. */
export interface Listing {
  readonly resources: Listed;
  readonly endpoints: readonly string[];
  /** What is listed beside the offer. */
  readonly own: readonly Resource[];
  /** Digest of the names and digests. */
  readonly digest: Digest;
}

/** Nothing that is offered has a name that is a proxy's own, so equal listings are put together alike. */
export function compileListing(offered: OfferedRefs, own: readonly Resource[]): Listing {
  const refs = refsOf(own);
  const resources = {
    CDS: merged(offered.resources.CDS, refs.CDS),
    ECDS: merged(offered.resources.ECDS, refs.ECDS),
    LDS: merged(offered.resources.LDS, refs.LDS),
    RDS: merged(offered.resources.RDS, refs.RDS),
    SDS: merged(offered.resources.SDS, refs.SDS),
  };
  return { resources, endpoints: offered.endpoints, own, digest: digestOfJson({ offered: offered.digest, own: refs }) };
}

export function compileView({ class: { id, identity }, doors }: ViewSlice, { resources, endpoints, own, digest: listing }: Listing): CompiledView {
  return { view: { id, digest: digestOfJson({ doors, id, identity, listing }), identity, resources, endpoints, doors }, own };
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
function refsOf(resources: readonly Resource[]): Listed {
  const byType = Map.groupBy(resources, ({ type }) => type);
  const of = (type: keyof Listed): readonly ResourceRef[] => {
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

/** Puts the few into the many; both are in order of name, and so is the result. */
function merged(many: readonly ResourceRef[], few: readonly ResourceRef[]): readonly ResourceRef[] {
  if (few.length === 0) return many;
  const result = [...many];
  for (const ref of few) result.splice(placeOf(ref.name, result), 0, ref);
  return result;
}

function placeOf(name: string, refs: readonly ResourceRef[]): number {
  let [low, high] = [0, refs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCodePoints(refs[middle]?.name ?? "", name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
