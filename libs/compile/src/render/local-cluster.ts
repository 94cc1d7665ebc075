import { DiscoveryType, ClusterSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { localClusterName } from "../names.ts";
import { seal } from "../seal.ts";
import { seconds, socketAddress } from "./address.ts";
import { asDownstreamSpoke, noBreakers } from "./http-options.ts";

/** The app beside the sidecar, on the loopback address (OSM §5.12); where that refuses and the pod has IPv6, on the one of IPv6. */
export function renderLocalCluster(port: number, ipv6: boolean): Resource {
  const name = localClusterName(port);
  const value = { address: socketAddress("127.0.0.1", port), ...(ipv6 ? { additionalAddresses: [{ address: socketAddress("::1", port) }] } : {}) };
  const endpoint = { hostIdentifier: { case: "endpoint", value } } as const;
  return seal({
    type: "CDS",
    name,
    schema: ClusterSchema,
    content: {
      name,
      clusterDiscoveryType: { case: "type", value: DiscoveryType.STATIC },
      connectTimeout: seconds(1),
      circuitBreakers: noBreakers,
      typedExtensionProtocolOptions: asDownstreamSpoke(),
      loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [endpoint] }] },
    },
  });
}
