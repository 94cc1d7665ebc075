import type { Variable } from "./dashboard.ts";
import type { Selector } from "./promql.ts";

/** What the scrape adds to all that a sidecar tells: whose it is. */
export const workload = ["source_namespace", "source_workload_name"] as const;
const service = ".+/.+[|].+";
/** A cluster of Envoy that is a service of the mesh: `<namespace>/<service>|<port>`, as Open Service Mesh named it. */
export const toService: Selector = { envoy_cluster_name: service };
/** The listener to which an app's connections come that lead nowhere in the mesh. */
export const nowhere: Selector = { envoy_listener_address: ".*_15001" };
/** The listener of what others in the mesh send. */
export const inbound: Selector = { envoy_listener_address: ".*_15003" };

const known = "envoy_server_live";
export const namespace: Variable = { name: "namespace", label: "Namespace", of: "source_namespace", metric: known };
export const named: Variable = { name: "workload", label: "Workload", of: "source_workload_name", metric: `${known}{source_namespace=~"$namespace"}` };
export const pod: Variable = { name: "pod", label: "Pod", of: "source_pod_name", metric: `${known}{source_namespace=~"$namespace",source_workload_name=~"$workload"}` };
export const destination: Variable = { name: "destination", label: "Destination", of: "envoy_cluster_name", metric: `envoy_cluster_upstream_rq_total{source_namespace=~"$namespace",source_workload_name=~"$workload",envoy_cluster_name=~"${service}"}`, all: service };
