import { DiscoveryType, LbPolicy, ClusterSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { clusterName, serverName } from "../names.ts";
import { seal } from "../seal.ts";
import type { ServiceSlice } from "../slice/slices.ts";
import { seconds } from "./address.ts";
import { overAds } from "./config-source.ts";
import { asDownstreamSpoke, noBreakers } from "./http-options.ts";
import { callerTls } from "./tls.ts";

/** A service port as its callers reach it: endpoints over EDS, mTLS with the names of its accounts. */
export function renderOutboundCluster(service: ServiceSlice): Resource {
  const name = clusterName(service);
  return seal({
    type: "CDS",
    name,
    schema: ClusterSchema,
    content: {
      name,
      clusterDiscoveryType: { case: "type", value: DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: overAds },
      connectTimeout: seconds(5),
      lbPolicy: LbPolicy.ROUND_ROBIN,
      circuitBreakers: noBreakers,
      typedExtensionProtocolOptions: asDownstreamSpoke(),
      transportSocket: callerTls(serverName(service), service.servers),
    },
  });
}
