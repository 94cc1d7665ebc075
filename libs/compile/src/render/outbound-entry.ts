import { ClusterSchema, DiscoveryType, LbPolicy, ListenerSchema, OriginalDstSchema, packAny, TrafficDirection } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import type { IpFamily } from "../families.ts";
import { seal } from "../seal.ts";
import { connectionLog } from "./access-log.ts";
import { anyAddress, seconds } from "./address.ts";
import { closeAtOnce } from "./close.ts";
import { noBreakers } from "./http-options.ts";
import { carryBytes } from "./tcp-connection.ts";

const names = { ipv4: "outbound-listener", ipv6: "outbound-listener-ipv6" } as const;
const passthroughCluster = "passthrough-outbound";

/**
 * Where every connection of the app arrives. It only hands over to the listener of the original destination; what has none
 * is closed, or passes where egress is open, and the log names where it wanted to go. Nothing is inspected here:
 * server-first protocols would hang. The sidecar's own ports are closed, else a connection could be led round in circles. Each family has one of its own: a pod
 * whose addresses show late gets IPv6 besides, and keeps its connections.
 */
export function renderOutboundEntry(egress: boolean, family: IpFamily): Resource {
  const name = names[family];
  return seal({
    type: "LDS",
    name,
    schema: ListenerSchema,
    needs: egress ? [passthroughCluster] : [],
    content: {
      name,
      address: anyAddress(family, 15_001),
      useOriginalDst: true,
      trafficDirection: TrafficDirection.OUTBOUND,
      listenerFilters: [
        { name: "envoy.filters.listener.original_dst", configType: { case: "typedConfig", value: packAny(OriginalDstSchema, {}) } },
      ],
      ...(egress ? passing() : { defaultFilterChain: closed("outbound-closed") }),
      accessLog: [connectionLog],
    },
  });
}

/** Traffic to outside the mesh, to wherever it was going (OSM §5.8). */
export function renderPassthrough(): Resource {
  return seal({
    type: "CDS",
    name: passthroughCluster,
    schema: ClusterSchema,
    content: {
      name: passthroughCluster,
      clusterDiscoveryType: { case: "type", value: DiscoveryType.ORIGINAL_DST },
      lbPolicy: LbPolicy.CLUSTER_PROVIDED,
      connectTimeout: seconds(5),
      circuitBreakers: noBreakers,
    },
  });
}

/** 15000–15010 and 15901–15904: where a sidecar itself listens. */
const ownPorts = [...Array.from({ length: 11 }, (_, at) => 15_000 + at), ...Array.from({ length: 4 }, (_, at) => 15_901 + at)];

function passing() {
  return {
    filterChains: ownPorts.map((port) => ({ ...closed(`outbound-own-port-${port}`), filterChainMatch: { destinationPort: port } })),
    defaultFilterChain: { name: "outbound-egress-filter-chain", filters: carryBytes("outbound.egress", passthroughCluster) },
  };
}

function closed(chainName: string) {
  return { name: chainName, filters: closeAtOnce() };
}
