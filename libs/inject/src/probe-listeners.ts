import type { Json, JsonObject } from "./json.ts";
import { adminCluster, clusterNameOf, probeClusters } from "./probe-clusters.ts";
import { entryOf, proxyReady, scrapePlace, tcpCheck, tcpPortHeader } from "./probe-paths.ts";
import { sidecarPorts } from "./ports.ts";
import type { Probed } from "./probe.ts";
import { socketAddress, typeUrl } from "./xds-cluster.ts";

export interface ProbeSettings {
  readonly probed: readonly Probed[];
  /** The family of the address that kubelets call; IPv6 means both. */
  readonly ipFamily: "ipv4" | "ipv6";
  readonly adminPort: number;
  /** Whether Prometheus may read the sidecar's statistics. */
  readonly scraped?: boolean;
}

/** What Envoy is given to answer kubelets and Prometheus from its start on, whatever the control plane says: exact paths, and nothing else. */
export function probeResources(settings: ProbeSettings): { readonly listeners: readonly JsonObject[]; readonly clusters: readonly JsonObject[] } {
  const { liveness, readiness, startup, tcpProbe } = sidecarPorts;
  const listeners = [listener("liveness_listener", liveness, settings), listener("readiness_listener", readiness, settings), listener("startup_listener", startup, settings), listener("tcp_probe_listener", tcpProbe, settings)];
  return { listeners: [...listeners.flat(), ...metricsListener(settings)], clusters: probeClusters(settings) };
}

/** The statistics and no more of the admin port, which can also end the sidecar. None where nobody wants them. */
function metricsListener({ scraped = false, ipFamily }: ProbeSettings): readonly JsonObject[] {
  const { path } = scrapePlace;
  const read = { match: { path, headers: [is(":method", "GET")] }, route: { cluster: adminCluster, prefix_rewrite: path, timeout: "10s" } };
  return scraped ? [answering({ name: "metrics_listener", port: scrapePlace.port, ipFamily }, manager("metrics_listener", [read], { probed: [], stats: "metrics" }))] : [];
}

/** None where nobody asks at that port. */
function listener(name: string, port: number, { probed, ipFamily }: ProbeSettings): readonly JsonObject[] {
  const here = probed.filter((each) => portOf(each) === port);
  const isReady = port === proxyReady.port;
  if (here.length === 0 && !isReady) return [];
  const routes = [...(isReady ? [route(proxyReady.path, { cluster: adminCluster, prefix_rewrite: "/ready", timeout: "1s" })] : []), ...here.flatMap(routesOf)];
  return [answering({ name, port, ipFamily }, manager(name, routes, { probed: here, stats: "health_probes_http" }))];
}

function answering({ name, port, ipFamily }: { readonly name: string; readonly port: number; readonly ipFamily: ProbeSettings["ipFamily"] }, typedConfig: JsonObject): JsonObject {
  const address = ipFamily === "ipv4" ? socketAddress("0.0.0.0", port) : { socket_address: { address: "::", port_value: port, ipv4_compat: true } };
  return { name, address, filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: typedConfig }] }] };
}

function portOf(probed: Probed): number {
  return probed.check.kind === "tcp" ? tcpCheck.port : entryOf(probed).port;
}

function manager(name: string, routes: readonly JsonObject[], { probed, stats }: { readonly probed: readonly Probed[]; readonly stats: string }): JsonObject {
  return {
    "@type": typeUrl("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: stats,
    generate_request_id: false,
    // The kubelet is to see what the app says.
    server_header_transformation: "PASS_THROUGH",
    http_filters: [...probed.flatMap(checkFilters), { name: "envoy.filters.http.router", typed_config: { "@type": typeUrl("envoy.extensions.filters.http.router.v3.Router"), suppress_envoy_headers: true } }],
    route_config: { name, virtual_hosts: [{ name: "local_service", domains: ["*"], routes }] },
  };
}

function routesOf(probed: Probed): readonly JsonObject[] {
  const { check, timeoutSec } = probed;
  switch (check.kind) {
    case "http":
      return [route(entryOf(probed).path, { cluster: clusterNameOf(probed), prefix_rewrite: check.path, timeout: `${timeoutSec}s` })];
    case "tcp":
    case "grpc":
      return [];
  }
}

function route(path: string, action: JsonObject): JsonObject {
  return { match: { path }, route: action };
}

/** Answers 200 while the sidecar's own check of the app holds, and 503 while it does not. */
function checkFilters(probed: Probed): readonly JsonObject[] {
  const headers = headersOf(probed);
  if (headers.length === 0) return [];
  const cluster = clusterNameOf(probed);
  return [{
    name: `osm.${cluster}`,
    typed_config: {
      "@type": typeUrl("envoy.extensions.filters.http.health_check.v3.HealthCheck"),
      pass_through_mode: false,
      cluster_min_healthy_percentages: { [cluster]: { value: 100 } },
      headers,
    },
  }];
}

function headersOf(probed: Probed): readonly Json[] {
  switch (probed.check.kind) {
    case "http":
      return [];
    case "grpc":
      return [is(":path", entryOf(probed).path)];
    case "tcp":
      return [is(":path", tcpCheck.path), is(tcpPortHeader, String(probed.check.port))];
  }
}

function is(name: string, exact: string): JsonObject {
  return { name, string_match: { exact } };
}
