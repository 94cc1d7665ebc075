import { ListenerSchema, TrafficDirection } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { clusterName, outboundRouteName } from "../names.ts";
import { seal } from "../seal.ts";
import type { ServiceSlice } from "../slice/slices.ts";
import { socketAddress } from "./address.ts";
import { outboundHttp } from "./http-connection.ts";

/**
 * One address and port of a service, reached from 15001 by original destination. It is bound to no socket, so that a
 * service comes or goes without touching anybody else's connections. Nothing in it can be changed by a policy.
 */
export function renderOutboundListener(service: ServiceSlice, address: string): Resource {
  const name = address.includes(":") ? `[${address}]:${service.port}` : `${address}:${service.port}`;
  return seal({
    type: "LDS",
    name,
    schema: ListenerSchema,
    needs: [clusterName(service)],
    content: {
      name,
      address: socketAddress(address, service.port),
      bindToPort: false,
      trafficDirection: TrafficDirection.OUTBOUND,
      filterChains: [{ filters: [outboundHttp(outboundRouteName(service))] }],
    },
  });
}
