import type { Resource } from "@osm/model";
import { clusterName } from "./names.ts";
import { renderOutboundCluster } from "./render/outbound-cluster.ts";
import { renderOutboundListener } from "./render/outbound-listener.ts";
import { renderOutboundRoute } from "./render/outbound-route.ts";
import type { ServiceSlice } from "./slice/slices.ts";

/** What every caller of a service port gets alike; encoded once for the whole mesh. */
export interface ServiceResources {
  readonly cluster: Resource;
  readonly route: Resource;
  readonly listeners: readonly Resource[];
  /** Name of the assignment that holds its endpoints. */
  readonly assignment: string;
}

export function compileService(service: ServiceSlice): ServiceResources {
  return {
    cluster: renderOutboundCluster(service),
    route: renderOutboundRoute(service),
    listeners: service.addresses.map((address) => renderOutboundListener(service, address)),
    assignment: clusterName(service),
  };
}
