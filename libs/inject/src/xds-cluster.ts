import { z } from "zod";
import type { JsonObject } from "./json.ts";
import { trustSecrets } from "./trust-files.ts";

/** Where the xDS servers are: a DNS name or an IP address, and the name that their certificate must carry. */
export interface XdsAddress {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
}

/** The cluster that a sidecar's own configuration comes from. */
export const xdsCluster = "osm-xds";
/** Request headers of each new stream: the bare token, and the digest of the roots that the sidecar has mounted. */
export const tokenHeader = "authorization";
export const rootDigestHeader = "x-osm-root";

export const typeUrl = (name: string): string => `type.googleapis.com/${name}`;
const isAddress = (host: string): boolean => z.union([z.ipv4(), z.ipv6()]).safeParse(host).success;

/** The static cluster of the xDS servers: TLS to the mounted root, the token on each stream, and no patience with a hung server. */
export function xdsClusterOf(xds: XdsAddress, trustDir: string): JsonObject {
  return {
    name: xdsCluster,
    ...resolution(xds.host),
    connect_timeout: "2s",
    load_assignment: { cluster_name: xdsCluster, endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(xds.host, xds.port) } }] }] },
    upstream_connection_options: { tcp_keepalive: { keepalive_probes: 5, keepalive_time: 60, keepalive_interval: 5 } },
    transport_socket: { name: "envoy.transport_sockets.tls", typed_config: tlsContext(xds.serverName, trustDir) },
    typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": httpOptions(trustDir) },
  };
}

export function socketAddress(address: string, port: number): JsonObject {
  return { socket_address: { address, port_value: port } };
}

/**
 * A name that does not resolve is asked for again within 2 s: a sidecar may start before the control plane's name exists. Each
 * address is a host of its own (STRICT_DNS), so that the replicas behind a headless name share the streams.
 */
function resolution(host: string): JsonObject {
  if (isAddress(host)) return { type: "STATIC" };
  return {
    cluster_type: {
      name: "envoy.cluster.dns",
      typed_config: {
        "@type": typeUrl("envoy.extensions.clusters.dns.v3.DnsCluster"),
        dns_lookup_family: "V4_PREFERRED",
        dns_failure_refresh_rate: { base_interval: "0.5s", max_interval: "2s" },
        all_addresses_in_single_endpoint: false,
      },
    },
  };
}

function tlsContext(serverName: string, trustDir: string): JsonObject {
  return {
    "@type": typeUrl("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
    sni: serverName,
    common_tls_context: {
      alpn_protocols: ["h2"],
      tls_params: { tls_minimum_protocol_version: "TLSv1_2", tls_maximum_protocol_version: "TLSv1_3" },
      validation_context_sds_secret_config: secretFrom(trustSecrets.root, trustDir),
    },
  };
}

function httpOptions(trustDir: string): JsonObject {
  return {
    "@type": typeUrl("envoy.extensions.upstreams.http.v3.HttpProtocolOptions"),
    // A server that hangs goes unnoticed without it.
    explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: "5s", timeout: "3s" } } },
    http_filters: [
      { name: "osm.token", typed_config: credential(tokenHeader, secretFrom(trustSecrets.token, trustDir)) },
      {
        name: "osm.root-digest",
        typed_config: { ...credential(rootDigestHeader, secretFrom(trustSecrets.rootDigest, trustDir)), allow_request_without_credential: true },
      },
      { name: "envoy.filters.http.upstream_codec", typed_config: { "@type": typeUrl("envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec") } },
    ],
  };
}

function credential(header: string, secret: JsonObject): JsonObject {
  return {
    "@type": typeUrl("envoy.extensions.filters.http.credential_injector.v3.CredentialInjector"),
    overwrite: true,
    credential: {
      name: "envoy.http.injected_credentials.generic",
      typed_config: { "@type": typeUrl("envoy.extensions.http.injected_credentials.generic.v3.Generic"), credential: secret, header },
    },
  };
}

/** The directory is watched, not the file: a mounted volume changes by a rename in its directory. */
function secretFrom({ name, file }: { readonly name: string; readonly file: string }, trustDir: string): JsonObject {
  return {
    name,
    sds_config: { resource_api_version: "V3", path_config_source: { path: `${trustDir}/${file}`, watched_directory: { path: trustDir } } },
  };
}
