import { packAny, PreviousHostsPredicateSchema, RouteConfigurationSchema, type RouteActionSchema, type RouteSchema } from "@osm/envoy-api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpMatch, Resource } from "@osm/model";
import { clusterName, headlessClusterName, outboundRouteName, serverName, type Alpn } from "../names.ts";
import { seal } from "../seal.ts";
import type { BackendSlice, OutboundSlice } from "../slice/slices.ts";
import { seconds } from "./address.ts";

type Route = MessageInitShape<typeof RouteSchema>;
type Destination = Pick<Exclude<MessageInitShape<typeof RouteActionSchema>, { readonly $typeName: string }>, "clusterSpecifier">;

/**
 * Everything on this address goes to the service: the address has decided, so that short names, IPs and ports in Host all
 * work (OSM §5.5 TRAP). Clients enforce nothing. A request that reached no server is sent to another one.
 */
export function renderOutboundRoute(service: OutboundSlice, says: Alpn): Resource {
  const name = outboundRouteName(service);
  const legs = legsOf(service, says);
  const virtualHost = { name: `outbound_virtual-host|${serverName(service)}`, domains: ["*"], routes: legs.map(routeOf) };
  return seal({
    type: "RDS",
    name,
    schema: RouteConfigurationSchema,
    needs: legs.flatMap(({ to }) => to.map(({ cluster }) => cluster)),
    content: { name, virtualHosts: [virtualHost] },
  });
}

/** Requests that are sent the same way; without a match, all that is left. */
interface Leg {
  readonly match: HttpMatch | undefined;
  /** Without a weight it is the only one. */
  readonly to: readonly { readonly cluster: string; readonly weight: number | undefined }[];
}

function legsOf(service: OutboundSlice, says: Alpn): readonly Leg[] {
  const { split } = service;
  const own: readonly Leg[] = service.self ? [{ match: undefined, to: [{ cluster: ownCluster(service, service.self, says), weight: undefined }] }] : [];
  if (!split) return own;
  const to = split.backends.map((backend) => ({ cluster: clusterName(backend, says), weight: backend.weight }));
  return split.matches.length === 0 ? [{ match: undefined, to }] : [...split.matches.map((match) => ({ match, to })), ...own];
}

function ownCluster({ headless }: OutboundSlice, self: BackendSlice, says: Alpn): string {
  return headless ? headlessClusterName(self, says) : clusterName(self, says);
}

function routeOf({ match, to }: Leg): Route {
  const matched = match ? requestMatch(match) : ({ pathSpecifier: { case: "prefix", value: "/" } } as const);
  const [first] = to;
  const destination = first && first.weight === undefined ? single(first.cluster) : weighted(to);
  return { match: matched, action: { case: "route", value: withRetry(destination) } };
}

function single(cluster: string): Destination {
  return { clusterSpecifier: { case: "cluster", value: cluster } };
}

function weighted(to: Leg["to"]): Destination {
  const clusters = to.map(({ cluster, weight = 0 }) => ({ name: cluster, weight }));
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

const previousHosts = packAny(PreviousHostsPredicateSchema, {});

function withRetry(destination: Destination): MessageInitShape<typeof RouteActionSchema> {
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
