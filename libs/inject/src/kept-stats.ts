import type { JsonObject } from "./json.ts";

/**
 * A cluster's own name. Envoy counts requests a second time below `<name>.external` or `<name>.internal`, with a histogram each;
 * what stands behind the last bar of our names has no dot.
 */
const cluster = "cluster\\.([^.]+|.*\\|[^.]*)";
/** Of each upstream: traffic, failures, time, hosts, TLS. It holds all that OSM's dashboards drew. */
const ofClusters = [
  `${cluster}\\.upstream_rq_(total|active|completed|time|timeout|rx_reset|tx_reset|cancelled|[1-5]xx|[1-5][0-9][0-9]|retry|retry_.*|pending_overflow|pending_failure_eject)`,
  `${cluster}\\.upstream_cx_(total|active|connect_fail|connect_timeout|none_healthy|overflow|(tx|rx)_bytes_total|destroy_(local|remote)_with_active_rq)`,
  // Of whatever name: the sidecar answers a kubelet's probes by it.
  "cluster\\..*\\.membership_(healthy|total)",
  "cluster\\..*\\.health_check\\..*",
  "cluster\\..*\\.outlier_detection\\.ejections_.*",
  `${cluster}\\.circuit_breakers\\.default\\.(cx|rq|rq_pending)_open`,
  `${cluster}\\.ssl\\.(handshake|connection_error|fail_.*|no_certificate)`,
  `${cluster}\\.update_(success|rejected)`,
];
/** Of a listener itself; what its connections carry is told once, by its filters. */
const ofListener = "(downstream_.*|no_filter_chain_match|ssl\\..*|.*_(missing|not_ready))";
/** Of what reaches the workload: the listeners that are bound to a port, and the requests through 15003. */
const ofInbound = [
  ...["0\\.0\\.0\\.0", "\\[__\\]"].map((address) => `listener\\.${address}_150..\\.${ofListener}`),
  "http\\.mesh-http-conn-manager\\.rds-inbound\\..*",
  "network-.*",
  "tcp\\..*\\.downstream_cx_.*",
];
/** Of the proxy itself: whether it lives, what it was sent, what its certificates are. */
const ofProxy = ["server\\..*", "cluster_manager\\..*", "listener_manager\\..*", "control_plane\\..*", "sds\\..*", "overload\\..*", ".*\\.rds\\..*\\.update_(success|rejected)"];

/** Which part of a statistic's name is a label, so that what is measured has one name for all ports and services: the first group is cut out, the second is the value. */
const labels: Readonly<Record<string, string>> = {
  "osm.route": "^http\\.mesh-http-conn-manager\\.((rds-(?:in|out)bound\\.[^.]+)\\.)",
  "osm.rds": "^http\\.mesh-http-conn-manager\\.rds-(?:in|out)bound\\.[^.]+\\.rds\\.((rds-(?:in|out)bound\\.[^.]+)\\.)",
};

/**
 * The statistics that a sidecar keeps; Envoy makes no others. Left to itself it keeps some 300 for every service that it is told
 * of, and a third of its memory goes there (bench/README.md).
 */
export const keptStats: JsonObject = {
  stats_matcher: { inclusion_list: { patterns: [...ofClusters, ...ofInbound, ...ofProxy].map((regex) => ({ safe_regex: { regex } })) } },
  stats_tags: Object.entries(labels).map(([tag_name, regex]) => ({ tag_name, regex })),
};
