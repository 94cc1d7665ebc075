import { ListenerSchema, OriginalDstSchema, packAny, TlsInspectorSchema, TrafficDirection } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { declaredAlpn, localClusterName } from "../names.ts";
import { inboundRouteName } from "../names.ts";
import { seal } from "../seal.ts";
import { connectionLog } from "./access-log.ts";
import { socketAddress } from "./address.ts";
import { inboundHttp } from "./http-connection.ts";
import { serverTls } from "./tls.ts";

const name = "inbound-listener";

/** A chain for each container port; whatever fits none, plaintext above all, is closed. No policy is in here. */
export function renderInboundListener(ports: readonly number[]): Resource {
  return seal({
    type: "LDS",
    name,
    schema: ListenerSchema,
    needs: ports.map(localClusterName),
    content: {
      name,
      address: socketAddress("0.0.0.0", 15_003),
      trafficDirection: TrafficDirection.INBOUND,
      listenerFilters: [
        { name: "envoy.filters.listener.original_dst", configType: { case: "typedConfig", value: packAny(OriginalDstSchema, {}) } },
        { name: "envoy.filters.listener.tls_inspector", configType: { case: "typedConfig", value: packAny(TlsInspectorSchema, {}) } },
      ],
      filterChains: ports.map(chain),
      accessLog: [connectionLog()],
    },
  });
}

function chain(port: number) {
  return {
    name: `inbound_${port}_http`,
    filterChainMatch: { destinationPort: port, transportProtocol: "tls", applicationProtocols: [declaredAlpn] },
    transportSocket: serverTls(),
    filters: [inboundHttp(inboundRouteName(port))],
  };
}
