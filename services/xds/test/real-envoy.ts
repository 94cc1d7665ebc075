import { spawn } from "node:child_process";
import { once } from "node:events";
import { programPath } from "@osm/testkit";

/** From where an Envoy takes its configuration: one stream for all, or streams of each type, in one protocol or the other. */
export interface Asking {
  readonly streams: "aggregated" | "per-type";
  readonly protocol: "delta" | "sotw";
}

const apiType = ({ streams, protocol }: Asking) => `${streams === "aggregated" ? "AGGREGATED_" : ""}${protocol === "delta" ? "DELTA_GRPC" : "GRPC"}`;

/** The place in a resource or a bootstrap that says where to ask. */
export function sourceOf(asking: Asking, token: string) {
  if (asking.streams === "aggregated") return { ads: {}, resource_api_version: "V3" };
  return { api_config_source: apiOf(asking, token), resource_api_version: "V3" };
}

function apiOf(asking: Asking, token: string) {
  const authorization = { key: "authorization", value: `Bearer ${token}` };
  return { api_type: apiType({ ...asking, streams: "per-type" }), transport_api_version: "V3", grpc_services: [{ envoy_grpc: { cluster_name: "xds" }, initial_metadata: [authorization] }] };
}

export interface EnvoyDeps {
  readonly asking: Asking;
  readonly port: number;
  /** What the server is trusted by, PEM. */
  readonly root: string;
  readonly token: string;
}

/** An Envoy of this machine that asks the server at this port, in no sidecar's way. */
export function startRealEnvoy({ asking, port, root, token }: EnvoyDeps): AsyncDisposable {
  const source = sourceOf(asking, token);
  const bootstrap = {
    node: { id: "real", cluster: "real" },
    dynamic_resources: { ...(asking.streams === "aggregated" ? { ads_config: apiOf(asking, token) } : {}), cds_config: source, lds_config: source },
    static_resources: { clusters: [xdsCluster(port, root)] },
  };
  const envoy = spawn(programPath("envoy"), ["--config-yaml", JSON.stringify(bootstrap), "--concurrency", "1", "--use-dynamic-base-id", "--drain-time-s", "1", "-l", "off"], { stdio: "ignore" });
  const exited = once(envoy, "exit");
  return {
    [Symbol.asyncDispose]: async () => {
      envoy.kill("SIGKILL");
      await exited;
    },
  };
}

function xdsCluster(port: number, root: string) {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return {
    name: "xds",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: { cluster_name: "xds", endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        sni: "localhost",
        common_tls_context: { validation_context: { trusted_ca: { inline_string: root } } },
      },
    },
  };
}
