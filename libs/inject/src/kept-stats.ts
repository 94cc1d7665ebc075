import type { JsonObject } from "./json.ts";

/** Of each upstream: traffic, failures, time, hosts, TLS. It holds all that OSM's dashboards drew. */
const ofClusters = [
  "upstream_rq_(total|active|completed|time|timeout|rx_reset|tx_reset|cancelled|[1-5]xx|[1-5][0-9][0-9]|retry|retry_.*|pending_overflow|pending_failure_eject)",
  "upstream_cx_(total|active|connect_fail|connect_timeout|none_healthy|overflow|(tx|rx)_bytes_total|destroy_(local|remote)_with_active_rq)",
  "membership_(healthy|total)",
  "health_check\\..*",
  "outlier_detection\\.ejections_.*",
  "circuit_breakers\\.default\\.(cx|rq|rq_pending)_open",
  "ssl\\.(handshake|connection_error|fail_.*|no_certificate)",
  "update_(success|rejected)",
];
/** Of what reaches the workload: the listeners that are bound to a port, and the requests through 15003. */
const ofInbound = ["listener\\.0\\.0\\.0\\.0_150..\\..*", "listener\\.\\[__\\]_150..\\..*", "http\\.mesh-http-conn-manager\\.rds-inbound\\..*", "network-.*", "tcp\\..*\\.downstream_cx_.*"];
/** Of the proxy itself: whether it lives, what it was sent, what its certificates are. */
const ofProxy = ["server\\..*", "cluster_manager\\..*", "listener_manager\\..*", "control_plane\\..*", "sds\\..*", "overload\\..*", ".*\\.rds\\..*\\.update_(success|rejected)"];

/**
 * The statistics that a sidecar keeps; Envoy makes no others. Left to itself it keeps some 300 for every service that it is told
 * of, and a third of its memory goes there (bench/README.md).
 */
export const keptStats: JsonObject = {
  stats_matcher: { inclusion_list: { patterns: [...ofClusters.map((stat) => `cluster\\..*\\.${stat}`), ...ofInbound, ...ofProxy].map(matching) } },
};

/** The whole name has to match. */
function matching(regex: string): JsonObject {
  return { safe_regex: { regex } };
}
