import { ListenerSchema, OriginalDstSchema, packAny, TrafficDirection } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { seal } from "../seal.ts";
import { connectionLog } from "./access-log.ts";
import { socketAddress } from "./address.ts";
import { closeAtOnce } from "./close.ts";

const name = "outbound-listener";

/**
 * Where every connection of the app arrives. It only hands over to the listener of the original destination; what has none
 * is closed, and the log names where it wanted to go. Nothing is inspected here: server-first protocols would hang.
 */
export function renderOutboundEntry(): Resource {
  return seal({
    type: "LDS",
    name,
    schema: ListenerSchema,
    content: {
      name,
      address: socketAddress("0.0.0.0", 15_001),
      useOriginalDst: true,
      trafficDirection: TrafficDirection.OUTBOUND,
      listenerFilters: [
        { name: "envoy.filters.listener.original_dst", configType: { case: "typedConfig", value: packAny(OriginalDstSchema, {}) } },
      ],
      defaultFilterChain: { name: "outbound-closed", filters: closeAtOnce() },
      accessLog: [connectionLog()],
    },
  });
}
