import { lines, number, type Dashboard } from "./dashboard.ts";
import { inbound, named, namespace, nowhere, pod, toService } from "./labels.ts";
import { metric, orNone, quantile, rate, sum } from "./promql.ts";

const chosen = { source_namespace: "$namespace", source_workload_name: "$workload", source_pod_name: "$pod" };
const received = { ...chosen, osm_route: "rds-inbound[.].+" };
const sent = { ...chosen, ...toService };
const byPod = "{{source_pod_name}}";
const rejected = ["cluster_manager_cds", "listener_manager_lds", "http_rds", "sds"] as const;
const certificate = { ...chosen, ...inbound, envoy_tls_certificate: "identity" };

/** One workload: what it is asked, what it asks, and how its sidecars are. */
export const workloads: Dashboard = {
  name: "workload",
  title: "OSM Workload",
  says: "What a workload is asked, what it asks of others, and its sidecars.",
  variables: [namespace, named, pod],
  rows: [
    {
      title: "What it is asked",
      panels: [
        lines("Volume, by kind of answer", { unit: "reqps" }, { "{{envoy_response_code_class}}xx": sum(rate("envoy_http_downstream_rq_xx", received), "envoy_response_code_class") }),
        lines("Latency", { unit: "ms" }, Object.fromEntries([0.5, 0.9, 0.99].map((part) => [`p${part * 100}`, quantile(part, "envoy_http_downstream_rq_time", { labels: received })]))),
        lines("Refused", { unit: "ops", says: "By no TrafficTarget allowed." }, { requests: sum(rate("envoy_http_rbac_denied", received)), connections: orNone(sum(rate("envoy_rbac_denied", { ...chosen, envoy_rbac_prefix: "network-.*" }))) }),
        lines("Connections", { unit: "short" }, { [byPod]: sum(metric("envoy_listener_downstream_cx_active", { ...chosen, ...inbound }), "source_pod_name") }),
      ],
    },
    {
      title: "What it asks",
      panels: [
        lines("Volume, by destination", { unit: "reqps" }, { "{{envoy_cluster_name}}": sum(rate("envoy_cluster_upstream_rq_xx", sent), "envoy_cluster_name") }),
        lines("Latency by destination, 99 of 100", { unit: "ms" }, { "{{envoy_cluster_name}}": quantile(0.99, "envoy_cluster_upstream_rq_time", { labels: sent, by: ["envoy_cluster_name"] }) }),
        lines("Answers of 4xx and 5xx, by destination", { unit: "reqps" }, { "{{envoy_cluster_name}} {{envoy_response_code_class}}xx": sum(rate("envoy_cluster_upstream_rq_xx", { ...sent, envoy_response_code_class: "[45]" }), "envoy_cluster_name", "envoy_response_code_class") }),
        lines("Connections that lead nowhere", { unit: "cps", says: "To services that it may not call at all, or outside of the mesh. With egress on they pass; else its own sidecar closes them." }, { [byPod]: sum(rate("envoy_listener_downstream_cx_total", { ...chosen, ...nowhere }), "source_pod_name") }),
      ],
    },
    {
      title: "Its TLS",
      panels: [
        lines("Callers whose certificate is refused", { unit: "cps" }, { "not of this mesh": sum(rate("envoy_listener_ssl_fail_verify_error", { ...chosen, ...inbound })), "without a certificate": sum(rate("envoy_listener_ssl_fail_verify_no_cert", { ...chosen, ...inbound })), "no TLS": sum(rate("envoy_listener_ssl_connection_error", { ...chosen, ...inbound })) }),
        lines("Connections of no kind that is served", { unit: "cps" }, { [byPod]: sum(rate("envoy_listener_no_filter_chain_match", { ...chosen, ...inbound }), "source_pod_name") }),
        lines("Its own certificate ends in", { unit: "s", says: "It is renewed at two thirds of its life." }, { [byPod]: `min by (source_pod_name) (${metric("envoy_listener_ssl_certificate_expiration_unix_time_seconds", certificate)}) - time()` }),
      ],
    },
    {
      title: "Its sidecars",
      panels: [
        number("Connected to the control plane", { unit: "short" }, sum(metric("envoy_control_plane_connected_state", chosen))),
        number("Live", { unit: "short" }, sum(metric("envoy_server_live", chosen))),
        lines("Memory", { unit: "bytes" }, { [byPod]: sum(metric("envoy_server_memory_allocated", chosen), "source_pod_name") }),
        lines("Configuration that was rejected", { unit: "ops", isQuiet: true, says: "The last one that was accepted stays. osm policy check-pods and the events of the policy say what is wrong." }, Object.fromEntries(rejected.map((each) => [each, sum(rate(`envoy_${each}_update_rejected`, chosen))]))),
      ],
    },
  ],
};
