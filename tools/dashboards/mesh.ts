import { lines, number, type Dashboard } from "./dashboard.ts";
import { namespace, nowhere, toService, workload } from "./labels.ts";
import { metric, orNone, quantile, rate, share, sum } from "./promql.ts";

const here = { source_namespace: "$namespace" };
const requests = { ...here, ...toService };
const failed = { ...requests, envoy_response_code_class: "5" };
const total = "envoy_cluster_upstream_rq_xx";
const time = "envoy_cluster_upstream_rq_time";

/** All services at a glance: who is called, how often, how fast, and who is not let in. */
export const mesh: Dashboard = {
  name: "mesh",
  title: "OSM Mesh",
  says: "All services of the mesh as their callers' sidecars see them.",
  variables: [namespace],
  rows: [
    {
      title: "Now",
      panels: [
        number("Sidecars", { unit: "short", says: "Those that are scraped: of namespaces with prometheus.io/scrape=true." }, `count(${metric("envoy_server_live", here)} == 1)`),
        number("Requests", { unit: "reqps" }, sum(rate(total, requests))),
        number("Failed", { unit: "percentunit", says: "Answered with 5xx, by the app or by a sidecar." }, share(sum(rate(total, failed)), sum(rate(total, requests)))),
        number("Latency, 99 of 100", { unit: "ms" }, quantile(0.99, time, { labels: requests })),
        number("Refused", { unit: "ops", says: "Requests and connections that no TrafficTarget allows." }, orNone(sum(rate("envoy_http_rbac_denied", here)))),
      ],
    },
    {
      title: "By service",
      panels: [
        lines("Volume", { unit: "reqps" }, { "{{envoy_cluster_name}}": sum(rate(total, requests), "envoy_cluster_name") }),
        lines("Failed", { unit: "percentunit", says: "Share of requests that were answered with 5xx." }, { "{{envoy_cluster_name}}": share(sum(rate(total, failed), "envoy_cluster_name"), sum(rate(total, requests), "envoy_cluster_name")) }),
        lines("Latency, 99 of 100", { unit: "ms" }, { "{{envoy_cluster_name}}": quantile(0.99, time, { labels: requests, by: ["envoy_cluster_name"] }) }),
      ],
    },
    {
      title: "By caller",
      panels: [
        lines("Volume", { unit: "reqps" }, { "{{source_namespace}}/{{source_workload_name}}": sum(rate(total, requests), ...workload) }),
        lines("Bytes sent", { unit: "Bps" }, { "{{source_namespace}}/{{source_workload_name}}": sum(rate("envoy_cluster_upstream_cx_tx_bytes_total", requests), ...workload) }),
        lines("Bytes received", { unit: "Bps" }, { "{{source_namespace}}/{{source_workload_name}}": sum(rate("envoy_cluster_upstream_cx_rx_bytes_total", requests), ...workload) }),
      ],
    },
    {
      title: "Who is not let in",
      panels: [
        lines("Requests refused, by who was asked", { unit: "reqps", says: "Answered with 403 by the sidecar of the workload: the caller may do something there, and not this." }, { "{{source_namespace}}/{{source_workload_name}}": sum(rate("envoy_http_rbac_denied", here), ...workload) }),
        lines("Connections refused, by who was asked", { unit: "cps", isQuiet: true, says: "Of bytes, not HTTP: no TrafficTarget with a TCPRoute lets the caller in." }, { "{{source_namespace}}/{{source_workload_name}}": sum(rate("envoy_rbac_denied", { ...here, envoy_rbac_prefix: "network-.*" }), ...workload) }),
        lines("Connections that lead nowhere, by caller", { unit: "cps", says: "To services that the caller may not call at all, or outside of the mesh. With egress on they pass; else its own sidecar closes them, and its log names where they wanted to go." }, { "{{source_namespace}}/{{source_workload_name}}": sum(rate("envoy_listener_downstream_cx_total", { ...here, ...nowhere }), ...workload) }),
      ],
    },
  ],
};
