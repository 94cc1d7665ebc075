import { ClusterLoadAssignmentSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { seal } from "../seal.ts";
import { socketAddressOf } from "./address.ts";
import { backendKey } from "./outbound-cluster.ts";

/** A pod behind a service port, by each of its addresses `<ip> <port>`. */
export interface Server {
  readonly address: string;
  /** Tried where the first does not answer. */
  readonly others: readonly string[];
}

/** Endpoints of one part of an assignment, in order. */
export interface Part {
  readonly endpoints: readonly Server[];
  /** In a split: the backend's name and its share. */
  readonly share: { readonly backend: string; readonly weight: number } | undefined;
}

/** One locality for each part that has endpoints (OSM §5.12: zone `local`), with the part's weight where there are several. */
export function renderAssignment(name: string, parts: readonly Part[]): Resource {
  const endpoints = parts.filter((part) => part.endpoints.length > 0).map(locality);
  return seal({ type: "EDS", name, schema: ClusterLoadAssignmentSchema, content: { clusterName: name, endpoints } });
}

function locality({ endpoints, share }: Part) {
  const metadata = share && { filterMetadata: { "envoy.transport_socket_match": { [backendKey]: share.backend } } };
  return {
    locality: { zone: "local", ...(share ? { subZone: share.backend } : {}) },
    ...(share ? { loadBalancingWeight: share.weight } : {}),
    lbEndpoints: endpoints.map((server) => ({
      hostIdentifier: { case: "endpoint", value: endpointOf(server) } as const,
      ...(metadata ? { metadata } : {}),
    })),
  };
}

/**
 * One host of one weight, however many addresses it has. Envoy takes a host for the one that it has when its first address is the same,
 * and leaves the others as they were, unless its name is another one: nothing else uses that name.
 */
function endpointOf({ address, others }: Server) {
  const additionalAddresses = others.map((other) => ({ address: socketAddressOf(other) }));
  return { address: socketAddressOf(address), ...(others.length > 0 ? { additionalAddresses, hostname: others.join(", ") } : {}) };
}
