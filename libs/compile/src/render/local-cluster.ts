import { DiscoveryType, ClusterSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { localClusterName } from "../names.ts";
import { seal } from "../seal.ts";
import { seconds, socketAddress } from "./address.ts";
import { asDownstreamSpoke, noBreakers } from "./http-options.ts";

/**
 * Shorter than the 5 s after which many servers close a connection themselves, for a request that meets that is lost. And an app
 * that is told to end waits for its connections: of those that Envoy made and never used, Node's server says no word (503, or the
 * whole grace period of the pod).
 */
const idleSec = 4;

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
      typedExtensionProtocolOptions: asDownstreamSpoke({ idleSec }),
      loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [endpoint] }] },
    },
  });
}
