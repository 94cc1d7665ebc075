import { z } from "zod";
import { inert, list, overAds, socketAddress, typed } from "./strict.ts";
import { upstreamTls } from "./tls.ts";

const metadata = z.strictObject({ filter_metadata: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) });

const lbEndpoint = z.strictObject({
  // Further addresses of the same pod are tried where the first does not answer: they change no share.
  endpoint: z.strictObject({ address: socketAddress, hostname: inert, additional_addresses: inert }),
  health_status: z.enum(["UNKNOWN", "HEALTHY"]).default("UNKNOWN"),
  metadata: metadata.prefault({}),
  load_balancing_weight: z.int().min(1).default(1),
});
export type LbEndpoint = z.output<typeof lbEndpoint>;

const locality = z.strictObject({
  locality: inert,
  lb_endpoints: list(lbEndpoint),
  load_balancing_weight: z.int().min(1).optional(),
  metadata: metadata.prefault({}),
});

export const assignment = z.strictObject({ cluster_name: z.string(), endpoints: list(locality) });
export type Assignment = z.output<typeof assignment>;

/** The version that the app spoke goes on. Any other choice is not known here. */
const asDownstream = typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
  use_downstream_protocol_config: z.strictObject({ http_protocol_options: inert, http2_protocol_options: inert }),
  common_http_protocol_options: inert,
});

const transportSocket = z.strictObject({ name: z.string(), typed_config: upstreamTls });

export const cluster = z.strictObject({
  name: z.string(),
  type: z.enum(["STATIC", "EDS", "ORIGINAL_DST"]).default("STATIC"),
  eds_cluster_config: z.strictObject({ eds_config: overAds, service_name: z.string().default("") }).optional(),
  lb_policy: z.enum(["ROUND_ROBIN", "CLUSTER_PROVIDED"]).default("ROUND_ROBIN"),
  common_lb_config: z.strictObject({ locality_weighted_lb_config: z.strictObject({}).optional(), healthy_panic_threshold: inert }).prefault({}),
  transport_socket: transportSocket.optional(),
  transport_socket_matches: list(z.strictObject({ name: z.string(), match: z.record(z.string(), z.unknown()).default({}), transport_socket: transportSocket })),
  typed_extension_protocol_options: z.strictObject({ "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": asDownstream.optional() }).prefault({}),
  load_assignment: assignment.optional(),
  connect_timeout: inert,
  circuit_breakers: inert,
  outlier_detection: inert,
  alt_stat_name: inert,
  cleanup_interval: inert,
  upstream_connection_options: inert,
  per_connection_buffer_limit_bytes: inert,
  close_connections_on_host_health_failure: inert,
  wait_for_warm_on_init: inert,
});
export type Cluster = z.output<typeof cluster>;
export type Locality = Assignment["endpoints"][number];
