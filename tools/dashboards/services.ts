import { lines, number, type Dashboard } from "./dashboard.ts";
import { destination, named, namespace } from "./labels.ts";
import { metric, quantile, rate, share, sum } from "./promql.ts";

const chosen = { source_namespace: "$namespace", source_workload_name: "$workload", envoy_cluster_name: "$destination" };
const total = "envoy_cluster_upstream_rq_xx";
const time = "envoy_cluster_upstream_rq_time";
const by = "envoy_cluster_name";
const failures = ["upstream_cx_connect_fail", "upstream_cx_connect_timeout", "upstream_cx_none_healthy", "upstream_cx_overflow", "upstream_rq_timeout", "upstream_rq_rx_reset", "upstream_rq_tx_reset", "upstream_rq_pending_overflow", "upstream_cx_destroy_remote_with_active_rq"] as const;
const open = ["cx", "rq", "rq_pending"] as const;

/** One caller and one service, or many of either: what the caller's sidecar saw. */
export const services: Dashboard = {
  name: "service-to-service",
  title: "OSM Service to Service",
  says: "What callers see of the services that they call.",
  variables: [namespace, named, destination],
  rows: [
    {
      title: "Now",
      panels: [
        number("Requests", { unit: "reqps" }, sum(rate(total, chosen))),
        number("Answered with 2xx or 3xx", { unit: "percentunit" }, share(sum(rate(total, { ...chosen, envoy_response_code_class: "[23]" })), sum(rate(total, chosen)))),
        number("Answered with 5xx", { unit: "percentunit" }, share(sum(rate(total, { ...chosen, envoy_response_code_class: "5" })), sum(rate(total, chosen)))),
        number("Open connections", { unit: "short" }, sum(metric("envoy_cluster_upstream_cx_active", chosen))),
        number("Healthy endpoints", { unit: "short", says: "As the caller that knows the most of them counts." }, `sum(max by (${by}) (${metric("envoy_cluster_membership_healthy", chosen)}))`),
      ],
    },
    {
      title: "Requests",
      panels: [
        lines("Volume, by kind of answer", { unit: "reqps" }, { "{{envoy_response_code_class}}xx": sum(rate(total, chosen), "envoy_response_code_class") }),
        lines("Latency", { unit: "ms" }, Object.fromEntries([0.5, 0.9, 0.99].map((part) => [`p${part * 100}`, quantile(part, time, { labels: chosen })]))),
        lines("Latency by destination, 99 of 100", { unit: "ms" }, { [`{{${by}}}`]: quantile(0.99, time, { labels: chosen, by: [by] }) }),
      ],
    },
    {
      title: "Failures",
      panels: [
        lines("Error rate by destination", { unit: "percentunit", says: "Share of requests that were answered with 5xx." }, { [`{{${by}}}`]: share(sum(rate(total, { ...chosen, envoy_response_code_class: "5" }), by), sum(rate(total, chosen), by)) }),
        lines("What failed", { unit: "ops" }, Object.fromEntries(failures.map((each) => [each, sum(rate(`envoy_cluster_${each}`, chosen))]))),
        lines("Retries", { unit: "ops" }, { "tried again": sum(rate("envoy_cluster_upstream_rq_retry", chosen)), "with success": sum(rate("envoy_cluster_upstream_rq_retry_success", chosen)) }),
      ],
    },
    {
      title: "Connections",
      panels: [
        lines("Bytes", { unit: "Bps" }, { sent: sum(rate("envoy_cluster_upstream_cx_tx_bytes_total", chosen)), received: sum(rate("envoy_cluster_upstream_cx_rx_bytes_total", chosen)) }),
        lines("TLS", { unit: "ops", says: "Handshakes that failed: the server showed no certificate of the accounts that the caller expects." }, {
          handshakes: sum(rate("envoy_cluster_ssl_handshake", chosen)),
          "wrong name": sum(rate("envoy_cluster_ssl_fail_verify_san", chosen)),
          "not of this mesh": sum(rate("envoy_cluster_ssl_fail_verify_error", chosen)),
        }),
        lines("Limits that are reached", { unit: "short", says: "Of an UpstreamTrafficSetting: 1 while no more is let through." }, Object.fromEntries(open.map((each) => [each, `max(${metric(`envoy_cluster_circuit_breakers_default_${each}_open`, chosen)})`]))),
      ],
    },
  ],
};
