import { digestOfJson, inOrder, type Digest, type Resource, type ResourceRef, type View, type XdsType } from "@osm/model";
import type { ServiceResources } from "./compile-service.ts";
import { renderInboundListener } from "./render/inbound-listener.ts";
import { renderInboundRoute } from "./render/inbound-route.ts";
import { renderLocalCluster } from "./render/local-cluster.ts";
import { renderOutboundEntry } from "./render/outbound-entry.ts";
import type { ViewSlice } from "./slice/slices.ts";

export interface CompiledView {
  readonly view: View;
  readonly resources: readonly Resource[];
}

/** One view of its slice. `services` holds what was compiled of the slice's services, by their digest. */
export function compileView(slice: ViewSlice, services: ReadonlyMap<Digest, ServiceResources>): CompiledView {
  const shared = slice.outbound.flatMap(({ digest }) => services.get(digest) ?? []);
  const resources = [
    ...shared.flatMap(({ cluster, route, listeners }) => [cluster, route, ...listeners]),
    renderOutboundEntry(),
    ...inboundOf(slice),
  ];
  const { id, identity } = slice.class;
  const listed = {
    CDS: refsOf(resources, "CDS"),
    ECDS: refsOf(resources, "ECDS"),
    LDS: refsOf(resources, "LDS"),
    RDS: refsOf(resources, "RDS"),
  };
  const body = { id, identity, resources: listed, endpoints: [...new Set(shared.map(({ assignment }) => assignment))].sort() };
  return { view: { ...body, digest: digestOfJson(body) }, resources };
}

/** A proxy whose pod backs no service listens for nobody (osm.md §5.4). */
function inboundOf({ class: { ports }, access }: ViewSlice): readonly Resource[] {
  const http = ports.filter(({ protocol }) => protocol === "http").map(({ port }) => port);
  if (http.length === 0) return [];
  return [renderInboundListener(http), ...http.flatMap((port) => [renderLocalCluster(port), renderInboundRoute(port, access)])];
}

/** Two service ports that lead to one container port share a cluster: it is listed once. */
function refsOf(resources: readonly Resource[], type: XdsType): readonly ResourceRef[] {
  const named = new Map(resources.filter((each) => each.type === type).map(({ name, digest, needs }) => [name, { name, digest, needs }]));
  return inOrder(named.values(), ({ name }) => name);
}
