import { identityName } from "@osm/model";
import type { JsonObject } from "./json.ts";
import { keptStats } from "./kept-stats.ts";
import { sidecarPorts } from "./ports.ts";
import { probeResources, type ProbeSettings } from "./probe-listeners.ts";
import { socketAddress, xdsCluster, xdsClusterOf, type XdsAddress } from "./xds-cluster.ts";

export type BootstrapJson = JsonObject;

export const envoyLogLevels = ["trace", "debug", "info", "warning", "warn", "error", "critical", "off"] as const;
export type EnvoyLogLevel = (typeof envoyLogLevels)[number];

export interface SidecarSettings {
  /** Left out where only the kubelet knows it: `sidecarArgs` then names the variable POD_UID. */
  readonly podUid?: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly xds: XdsAddress;
  /** Where the files of `trustFiles` lie. */
  readonly trustDir: string;
  /** 15000 when left out. */
  readonly adminPort?: number;
  readonly logLevel: EnvoyLogLevel;
  /** Worker threads; 2 when left out, since Envoy's own default is one per core of the node. */
  readonly concurrency?: number;
  /** For how long the connections of a listener that goes may live on; 45 when left out. */
  readonly drainSec?: number;
  /** Marks the proxy's own packets, where capture tells them by mark. Needs CAP_NET_ADMIN. */
  readonly packetMark?: number;
  /** Listeners that answer a kubelet; none when left out. */
  readonly probes?: Omit<ProbeSettings, "adminPort">;
}

/** More than this and new connections are refused, before the proxy runs out of memory or file descriptors. */
const mostConnections = 50_000;

/** Envoy's bootstrap, for `--config-yaml`. It holds no secret; node id and cluster are labels and prove nothing. */
export function sidecarBootstrap(settings: SidecarSettings): BootstrapJson {
  const { podUid, adminPort = sidecarPorts.admin, packetMark } = settings;
  return {
    node: { ...(podUid === undefined ? {} : { id: podUid }), cluster: identityName(settings) },
    admin: { address: socketAddress("127.0.0.1", adminPort), ignore_global_conn_limit: true },
    dynamic_resources: dynamicResources(),
    static_resources: staticResources(settings, adminPort),
    layered_runtime: { layers: [{ name: "osm", static_layer: { "re2.max_program_size.error_level": largestExpression } }] },
    stats_config: keptStats,
    overload_manager: { resource_monitors: [connectionLimit()] },
    ...(packetMark === undefined ? {} : { cluster_manager: { upstream_bind_config: { socket_options: [markOption(packetMark)] } } }),
  };
}

/**
 * Envoy's arguments, bootstrap included. Without a pod uid they hold the variable `$(POD_UID)`, which the kubelet replaces by the
 * container's environment.
 */
export function sidecarArgs(settings: SidecarSettings): readonly string[] {
  return [
    ...["--config-yaml", JSON.stringify(sidecarBootstrap(settings))],
    ...["--service-node", settings.podUid ?? "$(POD_UID)"],
    ...["--service-cluster", identityName(settings)],
    ...["--log-level", settings.logLevel],
    ...["--concurrency", String(settings.concurrency ?? 2)],
    ...["--drain-time-s", String(settings.drainSec ?? 45)],
    "--disable-hot-restart",
  ];
}

/** RE2 instructions. Envoy's own limit of 100 would refuse expressions that the compiler lets pass, which stops at a quarter of this. */
const largestExpression = 4096;

function staticResources({ xds, trustDir, probes }: SidecarSettings, adminPort: number): JsonObject {
  const { listeners, clusters } = probes === undefined ? { listeners: [], clusters: [] } : probeResources({ ...probes, adminPort });
  return { clusters: [xdsClusterOf(xds, trustDir), ...clusters], ...(listeners.length === 0 ? {} : { listeners }) };
}

/** Without an end to the waiting, so that a proxy that was told nothing yet never says that it is ready. */
function dynamicResources(): JsonObject {
  const overAds = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  return {
    ads_config: {
      api_type: "DELTA_GRPC",
      transport_api_version: "V3",
      set_node_on_first_message_only: true,
      grpc_services: [{ envoy_grpc: { cluster_name: xdsCluster, retry_policy: { retry_back_off: { base_interval: "0.2s", max_interval: "2s" } } } }],
    },
    cds_config: overAds,
    lds_config: overAds,
  };
}

function connectionLimit(): JsonObject {
  return {
    name: "envoy.resource_monitors.global_downstream_max_connections",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
      max_active_downstream_connections: mostConnections,
    },
  };
}

/** SO_MARK of SOL_SOCKET, by their numbers on Linux. */
function markOption(mark: number): JsonObject {
  return { description: "packet mark of the proxy", level: 1, name: 36, int_value: mark, state: "STATE_PREBIND" };
}
