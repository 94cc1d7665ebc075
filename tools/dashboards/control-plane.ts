import { lines, number, type Dashboard } from "./dashboard.ts";
import { metric, orNone, quantile, rate, share, sum } from "./promql.ts";

const services = { service: "osm-.+" };
const all = ["0.5", "0.99"] as const;
const day = 86_400;

/** How fast changes reach sidecars, what sidecars reject, what runs out, and how the services are. */
export const controlPlane: Dashboard = {
  name: "control-plane",
  title: "OSM Control Plane",
  says: "From a change in Kubernetes to the last sidecar that has it. docs/metrics.md says what each metric means.",
  variables: [],
  rows: [
    {
      title: "Now",
      panels: [
        number("Sidecars connected", { unit: "short" }, sum(metric("mesh_proxies_connected"))),
        number("Namespaces", { unit: "short" }, `max(${metric("osm_resource_namespace_count")})`),
        number("Configurations rejected in the last hour", { unit: "short", says: "NACKs: Envoy took them for wrong, and goes on with the last good one." }, orNone(sum("increase(mesh_nack_total[1h])"))),
        number("Remarks on users' objects", { unit: "short", says: "osm support error-info explains their codes." }, orNone(sum("max by (code, severity) (mesh_findings)"))),
        number("The root runs out in", { unit: "s" }, `min(${metric("mesh_root_not_after_seconds")}) - time()`),
        number("The first leaf runs out in", { unit: "s" }, `min(${metric("mesh_leaf_not_after_seconds")} > 0) - time()`),
        number("Alarms", { unit: "short", says: "Above 0 a person must act: certificates run out, or two authorities have different roots." }, "sum(mesh_expiry_alarm) + sum(mesh_trust_bundle_differs)"),
      ],
    },
    {
      title: "Changes",
      panels: [
        lines("Convergence, half of the changes", { unit: "s", says: "From the moment that a change was observed: on the bus, compiled, and at the last sidecar of a replica." }, { "{{stage}}": quantile(0.5, "mesh_convergence_seconds", { by: ["stage"] }) }),
        lines("Convergence, 99 of 100", { unit: "s" }, { "{{stage}}": quantile(0.99, "mesh_convergence_seconds", { by: ["stage"] }) }),
        lines("Changes", { unit: "ops" }, { "{{stage}}": sum(rate("mesh_convergence_seconds_count"), "stage") }),
      ],
    },
    {
      title: "Kubernetes and the bus",
      panels: [
        lines("Events taken in, by kind", { unit: "ops" }, { "{{type}}": sum(rate("osm_k8s_api_event_count"), "type") }),
        lines("Silence of the watches", { unit: "s", says: "How long ago the API last gave a sign of a kind. Half a minute and more is usual where nothing changes; what grows for ever has died." }, { "{{kind}}": "min by (kind) (mesh_watch_staleness_seconds)" }),
        lines("From the watch to the bus", { unit: "s", says: "NATS itself gives no metrics to Prometheus: what is seen of it is how long facts take to lie there." }, Object.fromEntries(all.map((part) => [`p${Number(part) * 100}`, quantile(Number(part), "mesh_convergence_seconds", { labels: { stage: "published" } })]))),
        lines("Objects of the mesh", { unit: "short" }, { "{{kind}}": "max by (kind) (mesh_facts)" }),
      ],
    },
    {
      title: "Compiler",
      panels: [
        lines("A turn takes", { unit: "s" }, Object.fromEntries(all.map((part) => [`p${Number(part) * 100}`, quantile(Number(part), "mesh_compile_seconds")]))),
        lines("Views that were as before", { unit: "percentunit" }, { share: share(sum(rate("mesh_compile_cache_total", { result: "hit" })), sum(rate("mesh_compile_cache_total"))) }),
        lines("Views", { unit: "short" }, { views: sum(metric("mesh_views")) }),
        lines("Remarks on users' objects", { unit: "short", isQuiet: true }, { "{{code}}": "max by (code) (mesh_findings)" }),
      ],
    },
    {
      title: "Pushes",
      panels: [
        lines("Resources sent", { unit: "ops" }, { "{{type}}": sum(rate("mesh_resources_sent_total"), "type") }),
        lines("Resources removed", { unit: "ops", isQuiet: true }, { "{{type}}": sum(rate("mesh_resources_removed_total"), "type") }),
        lines("From push to answer, 99 of 100", { unit: "s" }, { "{{resource_type}}": quantile(0.99, "osm_proxy_config_update_time", { by: ["resource_type"] }) }),
        lines("Rejected (NACK)", { unit: "ops", isQuiet: true }, { "{{type}}": sum(rate("mesh_nack_total"), "type") }),
      ],
    },
    {
      title: "Streams",
      panels: [
        lines("Sidecars, by replica", { unit: "short" }, { "{{pod}}": sum(metric("mesh_proxies_connected"), "pod") }),
        lines("Streams not let in", { unit: "ops", isQuiet: true }, { "{{reason}}": sum(rate("mesh_streams_refused_total"), "reason") }),
        lines("Streams ended from this side", { unit: "ops", isQuiet: true }, { "{{reason}}": sum(rate("mesh_streams_ended_total"), "reason") }),
      ],
    },
    {
      title: "Certificates and injection",
      panels: [
        lines("Certificates", { unit: "ops" }, { "{{result}}": sum(rate("mesh_certificates_total"), "result") }),
        lines("Issuing one takes, 99 of 100", { unit: "s" }, { p99: quantile(0.99, "osm_cert_issued_time") }),
        lines("Days until the end", { unit: "short" }, { root: `(min(mesh_root_not_after_seconds) - time()) / ${day}`, "first leaf": `(min(mesh_leaf_not_after_seconds > 0) - time()) / ${day}` }),
        lines("Pods and policies reviewed", { unit: "ops" }, { "{{result}}": sum(rate("osm_injector_reviews_total"), "result") }),
      ],
    },
    {
      title: "Services",
      panels: [
        lines("Replicas that answer", { unit: "short" }, { "{{service}}": sum(metric("up", services), "service") }),
        lines("CPU", { unit: "short", says: "Cores." }, { "{{service}}": sum(rate("process_cpu_seconds_total", services), "service") }),
        lines("Memory", { unit: "bytes" }, { "{{pod}}": sum(metric("process_resident_memory_bytes", services), "pod") }),
        lines("Timers late by, 99 of 100", { unit: "s" }, { "{{pod}}": `max by (pod) (${metric("nodejs_eventloop_delay_seconds", { ...services, quantile: "0.99" })})` }),
      ],
    },
  ],
};
