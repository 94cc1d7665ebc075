import type { Resource } from "@osm/model";
import { assignmentOf, splitAssignment, type AssignmentSlice } from "./assignment-slice.ts";
import { alpn, assignmentName, type Alpn } from "./names.ts";
import { renderHeadlessCluster, renderServiceCluster, renderSplitCluster } from "./render/outbound-cluster.ts";
import { renderOutboundListener } from "./render/outbound-listener.ts";
import { renderOutboundRoute } from "./render/outbound-route.ts";
import type { BackendSlice, OutboundSlice } from "./slice/slices.ts";

/** What every caller with the same rights to a service port gets alike; encoded once for the whole mesh. */
export interface OutboundResources {
  readonly resources: readonly Resource[];
  readonly assignments: readonly AssignmentSlice[];
}

/** How a client's sidecar takes what the app sends: as HTTP, as bytes, or as what it turns out to be. */
export interface Speech {
  readonly http: Alpn | undefined;
  readonly tcp: boolean;
}

export function speechOf({ protocol }: OutboundSlice): Speech {
  switch (protocol) {
    case "http":
      return { http: alpn.declaredHttp, tcp: false };
    case "detect":
      return { http: alpn.detectedHttp, tcp: true };
    case "tcp":
    case "tcp-server-first":
      return { http: undefined, tcp: true };
  }
}

export function compileOutbound(service: OutboundSlice): OutboundResources {
  const { http: says, tcp: carries } = speechOf(service);
  const http = says === undefined ? nothing : httpPart(service, says);
  const tcp = carries ? tcpPart(service) : nothing;
  const lead = { http: http.route, tcp: tcp.clusters[0] };
  const listeners = service.addresses.map((address) => renderOutboundListener(service, { address, ...lead }));
  return {
    resources: [...http.clusters, ...tcp.clusters, ...(lead.http ? [lead.http] : []), ...listeners],
    assignments: [...http.assignments, ...tcp.assignments],
  };
}

interface Part {
  readonly clusters: readonly Resource[];
  readonly assignments: readonly AssignmentSlice[];
  readonly route: Resource | undefined;
}

const nothing: Part = { clusters: [], assignments: [], route: undefined };

function httpPart(service: OutboundSlice, says: Alpn): Part {
  const route = renderOutboundRoute(service, says);
  if (service.headless && service.self) {
    return { route, clusters: [renderHeadlessCluster(service, service.self, says)], assignments: [] };
  }
  const backends = distinctBackends([...(service.self ? [service.self] : []), ...(service.split?.backends ?? [])]);
  return { route, clusters: backends.map((backend) => renderServiceCluster(service, backend, says)), assignments: backends.map(assignmentOf) };
}

/** A service is often a backend of its own split: the same pods, so it is rendered once. */
function distinctBackends(backends: readonly BackendSlice[]): readonly BackendSlice[] {
  return [...new Map(backends.map((backend) => [assignmentName(backend), backend])).values()];
}

/** One cluster. Bytes show nothing that a match could hold against, so a split with matches leaves them to the service itself. */
function tcpPart(service: OutboundSlice): Part {
  const { self, split, headless } = service;
  if (split && split.matches.length === 0) {
    const assignment = splitAssignment(service, split);
    return { ...nothing, clusters: [renderSplitCluster(service, split, assignment.name)], assignments: [assignment] };
  }
  if (!self) return nothing;
  if (headless) return { ...nothing, clusters: [renderHeadlessCluster(service, self, alpn.tcp)] };
  return { ...nothing, clusters: [renderServiceCluster(service, self, alpn.tcp)], assignments: [assignmentOf(self)] };
}
