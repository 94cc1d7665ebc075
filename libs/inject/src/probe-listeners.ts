import type { Json, JsonObject } from "./json.ts";
import { adminCluster, clusterNameOf, probeClusters } from "./probe-clusters.ts";
import { entryOf, proxyReady, tcpCheck, tcpPortHeader } from "./probe-paths.ts";
import { sidecarPorts } from "./ports.ts";
import type { Probed } from "./probe.ts";
import { socketAddress, typeUrl } from "./xds-cluster.ts";

export interface ProbeSettings {
  readonly probed: readonly Probed[];
  /** The family of the address that kubelets call; IPv6 means both. */
  readonly ipFamily: "ipv4" | "ipv6";
  readonly adminPort: number;
}

/** What Envoy is given to answer kubelets from its start on, whatever the control plane says: exact paths, and nothing else. */
export function probeResources(settings: ProbeSettings): { readonly listeners: readonly JsonObject[]; readonly clusters: readonly JsonObject[] } {
  const { liveness, readiness, startup, tcpProbe } = sidecarPorts;
  const listeners = [listener("liveness_listener", liveness, settings), listener("readiness_listener", readiness, settings), listener("startup_listener", startup, settings), listener("tcp_probe_listener", tcpProbe, settings)];
  return { listeners: listeners.flat(), clusters: probeClusters(settings) };
}

/** None where nobody asks at that port. */
function listener(name: string, port: number, { probed, ipFamily }: ProbeSettings): readonly JsonObject[] {
  const here = probed.filter((each) => portOf(each) === port);
  const isReady = port === proxyReady.port;
  if (here.length === 0 && !isReady) return [];
  const routes = [...(isReady ? [route(proxyReady.path, { cluster: adminCluster, prefix_rewrite: "/ready", timeout: "1s" })] : []), ...here.flatMap(routesOf)];
  const address = ipFamily === "ipv4" ? socketAddress("0.0.0.0", port) : { socket_address: { address: "::", port_value: port, ipv4_compat: true } };
  return [{ name, address, filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager(name, here, routes) }] }] }];
}

function portOf(probed: Probed): number {
  return probed.check.kind === "tcp" ? tcpCheck.port : entryOf(probed).port;
}

function manager(name: string, probed: readonly Probed[], routes: readonly JsonObject[]): JsonObject {
  return {
    "@type": typeUrl("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "health_probes_http",
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
