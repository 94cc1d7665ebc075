import type { JsonObject } from "./json.ts";
import type { Probed } from "./probe.ts";
import { socketAddress, typeUrl } from "./xds-cluster.ts";

export const adminCluster = "osm-admin";
const loopback = "127.0.0.1";
const connectTimeout = "1s";

/** Where the sidecar asks in the kubelet's place: its own admin port, and each probed port of the app. */
export function probeClusters({ probed, adminPort }: { readonly probed: readonly Probed[]; readonly adminPort: number }): readonly JsonObject[] {
  const clusters = new Map(probed.map((each) => [clusterNameOf(each), clusterOf(each)]));
  return [{ ...atPort(adminCluster, adminPort) }, ...clusters.values()];
}

/** One for each probe; checks of a connection are told apart by their port alone, so that two of one port are one. */
export function clusterNameOf({ container, field, check }: Probed): string {
  return check.kind === "tcp" ? `osm-probe.tcp.${check.port}` : `osm-probe.${container}.${field}`;
}

function clusterOf(probed: Probed): JsonObject {
  const { check } = probed;
  const cluster = atPort(clusterNameOf(probed), check.port);
  switch (check.kind) {
    case "http":
      return { ...cluster, ...(check.tls ? { transport_socket: anyCertificate } : {}), ...httpOptions({ explicit_http_config: { http_protocol_options: {} } }) };
    case "tcp":
      return { ...cluster, health_checks: [{ ...rhythm(probed), tcp_health_check: {} }] };
    case "grpc":
      return { ...cluster, health_checks: [{ ...rhythm(probed), grpc_health_check: { service_name: check.service } }], ...httpOptions({ explicit_http_config: { http2_protocol_options: {} } }) };
  }
}

function atPort(name: string, port: number): JsonObject {
  const endpoint = { address: socketAddress(loopback, port) };
  return { name, type: "STATIC", connect_timeout: connectTimeout, load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] } };
}

/** A kubelet opens a connection for each probe, and so does this: one that the app closed meanwhile would look like a failure. */
function httpOptions(protocol: JsonObject): JsonObject {
  const options = { "@type": typeUrl("envoy.extensions.upstreams.http.v3.HttpProtocolOptions"), common_http_protocol_options: { max_requests_per_connection: 1 }, ...protocol };
  return { typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options } };
}

/**
 * Twice as often as the kubelet asks, so that what it hears is never older than half its period, and each second while the app
 * does not answer, so that it is seen to start.
 */
function rhythm({ periodSec, timeoutSec }: Probed): JsonObject {
  const often = `${Math.max(0.5, Math.min(5, periodSec / 2))}s`;
  const failing = "1s";
  return {
    timeout: `${timeoutSec}s`,
    interval: often,
    no_traffic_interval: failing,
    no_traffic_healthy_interval: often,
    unhealthy_interval: failing,
    unhealthy_threshold: 1,
    healthy_threshold: 1,
  };
}

/** A kubelet looks at no certificate of a probe, so the sidecar does not either. */
const anyCertificate: JsonObject = {
  name: "envoy.transport_sockets.tls",
  typed_config: { "@type": typeUrl("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext") },
};
