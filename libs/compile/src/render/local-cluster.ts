import { DiscoveryType, ClusterSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { localClusterName } from "../names.ts";
import { seal } from "../seal.ts";
import { seconds, socketAddress } from "./address.ts";
import { asDownstreamSpoke, noBreakers } from "./http-options.ts";

/** The app beside the sidecar, on the loopback address (OSM §5.12). */
export function renderLocalCluster(port: number): Resource {
  const name = localClusterName(port);
  const endpoint = { hostIdentifier: { case: "endpoint", value: { address: socketAddress("127.0.0.1", port) } } } as const;
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
