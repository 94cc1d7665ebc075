import { packAny, PreviousHostsPredicateSchema, RouteConfigurationSchema, type RouteActionSchema, type RouteSchema } from "@osm/envoy-api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpMatch, Resource } from "@osm/model";
import { clusterName, headlessClusterName, outboundRouteName, serverName, type Alpn } from "../names.ts";
import { seal } from "../seal.ts";
import type { OutboundSlice, WeightedBackend } from "../slice/slices.ts";
import { seconds } from "./address.ts";

type Route = MessageInitShape<typeof RouteSchema>;
type Destination = Pick<Exclude<MessageInitShape<typeof RouteActionSchema>, { readonly $typeName: string }>, "clusterSpecifier">;

/**
 * Everything on this address goes to the service: the address has decided, so that short names, IPs and ports in Host all
 * work (osm.md §5.5 TRAP). Clients enforce nothing. A request that reached no server is sent to another one.
 */
export function renderOutboundRoute(service: OutboundSlice, says: Alpn): Resource {
  const name = outboundRouteName(service);
  const { self, split } = service;
  const own = self && (service.headless ? headlessClusterName(self, says) : clusterName(self, says));
  const shares = split?.backends.map((backend) => ({ backend, cluster: clusterName(backend, says) })) ?? [];
  const rest = split && split.matches.length === 0 ? weighted(shares) : own === undefined ? undefined : single(own);
  const routes: readonly Route[] = [
    ...(split?.matches ?? []).map((match) => ({ match: requestMatch(match), action: { case: "route", value: withRetry(weighted(shares)) } }) as const),
    ...(rest ? [{ match: { pathSpecifier: { case: "prefix", value: "/" } }, action: { case: "route", value: withRetry(rest) } } as const] : []),
  ];
  return seal({
    type: "RDS",
    name,
    schema: RouteConfigurationSchema,
    needs: [...shares.map(({ cluster }) => cluster), ...(own === undefined || (split && split.matches.length === 0) ? [] : [own])],
    content: { name, virtualHosts: [{ name: `outbound_virtual-host|${serverName(service)}`, domains: ["*"], routes: [...routes] }] },
  });
}

function single(cluster: string): Destination {
  return { clusterSpecifier: { case: "cluster", value: cluster } };
}

function weighted(shares: readonly { readonly backend: WeightedBackend; readonly cluster: string }[]): Destination {
  const clusters = shares.map(({ backend, cluster }) => ({ name: cluster, weight: backend.weight }));
  return { clusterSpecifier: { case: "weightedClusters", value: { clusters } } };
}

function requestMatch({ pathRegex, methods, headers }: HttpMatch) {
  const exact = (value: string) => ({ matchPattern: { case: "exact", value } }) as const;
  const anyOf = (values: readonly string[]) => (values.length === 1 ? exact(values[0] ?? "") : regex(values.join("|")));
  const wanted = [...(methods.length > 0 ? [{ name: ":method", match: anyOf(methods) }] : []), ...Object.entries(headers).map(([name, value]) => ({ name, match: regex(value) }))];
  return {
    pathSpecifier: { case: "safeRegex", value: { regex: pathRegex } },
    headers: wanted.map(({ name, match }) => ({ name, headerMatchSpecifier: { case: "stringMatch", value: match } }) as const),
  } as const;
}

function regex(pattern: string) {
  return { matchPattern: { case: "safeRegex", value: { regex: pattern } } } as const;
}

function withRetry(destination: Destination): MessageInitShape<typeof RouteActionSchema> {
  const previousHosts = packAny(PreviousHostsPredicateSchema, {});
  return {
    ...destination,
    timeout: seconds(0),
    retryPolicy: {
      retryOn: "connect-failure,refused-stream,reset-before-request",
      numRetries: 2,
      retryHostPredicate: [{ name: "envoy.retry_host_predicates.previous_hosts", configType: { case: "typedConfig", value: previousHosts } }],
      hostSelectionRetryMaxAttempts: 5n,
    },
  };
}
