import { digestOfJson, inOrder, type Digest, type Resource, type ResourceRef, type View, type XdsType } from "@osm/model";
import type { OutboundResources } from "./compile-outbound.ts";
import { renderInboundFilter } from "./render/inbound-filter.ts";
import { renderInboundListener, speaks } from "./render/inbound-listener.ts";
import { renderInboundRoute } from "./render/inbound-route.ts";
import { renderLocalCluster } from "./render/local-cluster.ts";
import { renderOutboundEntry, renderPassthrough } from "./render/outbound-entry.ts";
import type { InboundPort, ViewSlice } from "./slice/slices.ts";

export interface CompiledView {
  readonly view: View;
  readonly resources: readonly Resource[];
}

/** One view of its slice. `outbound` holds what was compiled of the slice's service ports, by their digest. */
export function compileView(slice: ViewSlice, outbound: ReadonlyMap<Digest, OutboundResources>): CompiledView {
  const { egress } = slice.mesh;
  const offered = slice.outbound.flatMap(({ digest }) => outbound.get(digest) ?? []);
  const resources = [
    ...offered.flatMap((each) => each.resources),
    renderOutboundEntry(egress),
    ...(egress ? [renderPassthrough()] : []),
    ...inboundOf(slice),
  ];
  const { id, identity } = slice.class;
  const listed = { CDS: refsOf(resources, "CDS"), ECDS: refsOf(resources, "ECDS"), LDS: refsOf(resources, "LDS"), RDS: refsOf(resources, "RDS") };
  const endpoints = [...new Set(offered.flatMap(({ assignments }) => assignments.map(({ name }) => name)))].sort();
  const body = { id, identity, resources: listed, endpoints, doors: slice.doors };
  return { view: { ...body, digest: digestOfJson(body) }, resources };
}

/** A proxy whose pod backs no service listens for nobody (osm.md §5.4). */
function inboundOf(slice: ViewSlice): readonly Resource[] {
  const { ports } = slice.class;
  if (ports.length === 0) return [];
  return [renderInboundListener(slice), ...ports.flatMap((port) => portResources(port, slice))];
}

function portResources(inbound: InboundPort, { access }: ViewSlice): readonly Resource[] {
  const { http, tcp } = speaks(inbound);
  const { port } = inbound;
  return [renderLocalCluster(port), ...(http ? [renderInboundRoute(port, access)] : []), ...(tcp ? [renderInboundFilter(port, access)] : [])];
}

/** Service ports that lead to the same pods share clusters: each is listed once. */
function refsOf(resources: readonly Resource[], type: XdsType): readonly ResourceRef[] {
  const named = new Map(resources.filter((each) => each.type === type).map(({ name, digest, needs }) => [name, { name, digest, needs }]));
  return inOrder(named.values(), ({ name }) => name);
}
