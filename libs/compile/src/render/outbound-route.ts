import { packAny, PreviousHostsPredicateSchema, RouteConfigurationSchema, type RouteActionSchema } from "@osm/envoy-api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Resource } from "@osm/model";
import { clusterName, outboundRouteName, serverName } from "../names.ts";
import { seal } from "../seal.ts";
import type { ServiceSlice } from "../slice/slices.ts";
import { seconds } from "./address.ts";

/**
 * Everything on this address goes to the service: the address has decided, so that short names, IPs and ports in Host all
 * work (osm.md §5.5 TRAP). Clients enforce nothing. A request that reached no server is sent to another one.
 */
export function renderOutboundRoute(service: ServiceSlice): Resource {
  const name = outboundRouteName(service);
  return seal({
    type: "RDS",
    name,
    schema: RouteConfigurationSchema,
    needs: [clusterName(service)],
    content: {
      name,
      virtualHosts: [
        {
          name: `outbound_virtual-host|${serverName(service)}`,
          domains: ["*"],
          routes: [{ match: { pathSpecifier: { case: "prefix", value: "/" } }, action: { case: "route", value: toService(clusterName(service)) } }],
        },
      ],
    },
  });
}

function toService(cluster: string): MessageInitShape<typeof RouteActionSchema> {
  const previousHosts = packAny(PreviousHostsPredicateSchema, {});
  return {
    clusterSpecifier: { case: "cluster", value: cluster },
    timeout: seconds(0),
    retryPolicy: {
      retryOn: "connect-failure,refused-stream,reset-before-request",
      numRetries: 2,
      retryHostPredicate: [{ name: "envoy.retry_host_predicates.previous_hosts", configType: { case: "typedConfig", value: previousHosts } }],
      hostSelectionRetryMaxAttempts: 5n,
    },
  };
}
