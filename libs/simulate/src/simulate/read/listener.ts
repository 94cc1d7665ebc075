import { z } from "zod";
import { connectionManager } from "./http-connection.ts";
import { networkRbac } from "./rbac.ts";
import { flag, inert, list, overAds, socketAddress, typed } from "./strict.ts";
import { downstreamTls } from "./tls.ts";

const originalDst = typed("envoy.extensions.filters.listener.original_dst.v3.OriginalDst", {});
const tlsInspector = typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {});
const httpInspector = typed("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector", {});
const listenerFilter = z.strictObject({
  name: z.string(),
  typed_config: z.discriminatedUnion("@type", [originalDst, tlsInspector, httpInspector]),
});

const tcpProxy = typed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
  cluster: z.string(),
  stat_prefix: z.string().min(1),
  access_log: inert,
  access_log_options: inert,
  idle_timeout: inert,
  max_connect_attempts: inert,
});
const closing = typed("envoy.extensions.filters.network.direct_response.v3.Config", {});
const connectionLimit = typed("envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit", {
  stat_prefix: z.string().min(1),
  max_connections: inert,
  delay: inert,
});

const staticFilter = z.strictObject({
  name: z.string(),
  typed_config: z.discriminatedUnion("@type", [connectionManager, tcpProxy, closing, connectionLimit, networkRbac]),
});
const discoveredFilter = z.strictObject({
  name: z.string(),
  config_discovery: z.strictObject({
    config_source: overAds,
    type_urls: z.array(z.literal("type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC")).length(1),
  }),
});
const filter = z.union([staticFilter, discoveredFilter]);
export type NetworkFilter = z.output<typeof filter>;

const chainMatch = z.strictObject({
  destination_port: z.int().optional(),
  prefix_ranges: list(z.strictObject({ address_prefix: z.string(), prefix_len: z.int().default(0) })),
  server_names: list(z.string()),
  transport_protocol: z.string().optional(),
  application_protocols: list(z.string()),
});

const transportSocket = z.strictObject({ name: z.string(), typed_config: downstreamTls });

const filterChain = z.strictObject({
  name: z.string().default(""),
  filter_chain_match: chainMatch.prefault({}),
  transport_socket: transportSocket.optional(),
  filters: list(filter),
});
export type FilterChain = z.output<typeof filterChain>;

export const listener = z.strictObject({
  name: z.string(),
  address: socketAddress,
  bind_to_port: z.boolean().default(true),
  use_original_dst: flag,
  listener_filters: list(listenerFilter),
  continue_on_listener_filters_timeout: flag,
  listener_filters_timeout: inert,
  filter_chains: list(filterChain),
  default_filter_chain: filterChain.optional(),
  traffic_direction: inert,
  access_log: inert,
  stat_prefix: inert,
  per_connection_buffer_limit_bytes: inert,
});
export type Listener = z.output<typeof listener>;
