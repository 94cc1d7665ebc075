import type { Call } from "../call.ts";
import type { Cluster, LbEndpoint, Locality } from "./read/cluster.ts";
import type { UpstreamTls } from "./read/tls.ts";
import { held, type Proxy } from "./proxy.ts";

/** One address that a cluster connects to, the share of its calls, and with which TLS; undefined: plaintext. */
export interface Hop {
  readonly address: string;
  readonly port: number;
  readonly share: number;
  readonly tls: UpstreamTls | undefined;
}

/** Where a cluster's calls go. No hop: there is no healthy upstream. `dialled` is what an ORIGINAL_DST cluster goes by. */
export function hopsOf(proxy: Proxy, name: string, dialled: Call["to"]): readonly Hop[] {
  const cluster = held(proxy, "CDS", name);
  switch (cluster.type) {
    case "ORIGINAL_DST":
      return [{ ...dialled, share: 1, tls: socketOf(cluster, undefined) }];
    case "STATIC":
      return balanced(cluster, cluster.load_assignment?.endpoints ?? []);
    case "EDS":
      return balanced(cluster, held(proxy, "EDS", cluster.eds_cluster_config?.service_name || name).endpoints);
  }
}

function balanced(cluster: Cluster, localities: readonly Locality[]): readonly Hop[] {
  const shares = cluster.common_lb_config.locality_weighted_lb_config ? byLocality(localities) : evenly(localities);
  return shares.map(({ endpoint, share }) => {
    const { address, port_value: port } = endpoint.endpoint.address.socket_address;
    return { address, port, share, tls: socketOf(cluster, endpoint) };
  });
}

interface Shared {
  readonly endpoint: LbEndpoint;
  readonly share: number;
}

/** A locality without endpoints leaves its weight to the others; one without weight gets nothing. */
function byLocality(localities: readonly Locality[]): readonly Shared[] {
  const open = localities.filter(({ lb_endpoints: endpoints, load_balancing_weight: weight = 0 }) => endpoints.length > 0 && weight > 0);
  const sum = open.reduce((all, { load_balancing_weight: weight = 0 }) => all + weight, 0);
  return open.flatMap((locality) => evenly([locality]).map(({ endpoint, share }) => ({ endpoint, share: (share * (locality.load_balancing_weight ?? 0)) / sum })));
}

function evenly(localities: readonly Locality[]): readonly Shared[] {
  const endpoints = localities.flatMap(({ lb_endpoints: all }) => all);
  const sum = endpoints.reduce((all, { load_balancing_weight: weight }) => all + weight, 0);
  return endpoints.map((endpoint) => ({ endpoint, share: endpoint.load_balancing_weight / sum }));
}

/** The first socket whose match the endpoint's metadata bears, else the cluster's own. */
function socketOf(cluster: Cluster, endpoint: LbEndpoint | undefined): UpstreamTls | undefined {
  const bears = endpoint?.metadata.filter_metadata["envoy.transport_socket_match"] ?? {};
  const chosen = cluster.transport_socket_matches.find(({ match }) => Object.entries(match).every(([key, value]) => bears[key] === value));
  return (chosen?.transport_socket ?? cluster.transport_socket)?.typed_config;
}
