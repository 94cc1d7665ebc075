import { trustSecret } from "@osm/model";
import type { Call } from "../call.ts";
import { chainFor } from "./filter-chain.ts";
import { managed, type Request } from "./http-request.ts";
import type { SimulatedMesh } from "./mesh.ts";
import { held, type Proxy } from "./proxy.ts";
import { isLetIn } from "./rbac.ts";
import type { ConnectionManager } from "./read/http-connection.ts";
import type { FilterChain, NetworkFilter } from "./read/listener.ts";
import type { Rules } from "./read/rbac.ts";
import type { Callers } from "./read/tls.ts";
import { legsOf, routeFor, type Routed } from "./route.ts";
import { hopsOf, type Hop } from "./upstream.ts";

/** A connection on its way from a client's sidecar to a pod. */
export interface Incoming {
  readonly caller: Proxy;
  readonly hop: Hop;
  /** Undefined for bytes. */
  readonly request: Request | undefined;
  readonly meets: Locks;
}

/**
 * A server that speaks first is heard once hands are shaken. A connection on which hands were shaken before these rules came
 * meets those that look at its first bytes.
 */
export type Locks = "both" | "handshake" | "filters";

/** Why the connection or request does not get to the app, or undefined when it does. */
export function refusalAt(mesh: SimulatedMesh, { caller, hop, request, meets }: Incoming): string | undefined {
  const pod = mesh.podAt(hop.address);
  const server = pod === undefined ? undefined : mesh.proxyAt(pod);
  if (!server) return hop.tls ? "the server has no sidecar to shake hands with" : undefined;
  const chain = chainOf(server, hop);
  if (!chain) return "no chain of the server's listener fits";
  const handshake = meets === "filters" ? undefined : handshakeFault({ caller, server }, chain, hop);
  return handshake ?? throughFilters(server, chain.filters, { caller: hop.tls ? caller.identity : "", port: hop.port, request, meets });
}

/** 15003 takes over by original destination; nothing else of a pod can be dialled from outside. */
function chainOf(server: Proxy, { port, tls }: Hop): FilterChain | undefined {
  const listener = [...server.resources.LDS.values()].find(({ bind_to_port: bound, address }) => bound && address.socket_address.port_value === 15_003);
  if (!listener) return undefined;
  const inspects = listener.listener_filters.some(({ typed_config: filter }) => filter["@type"].endsWith(".TlsInspector"));
  const seen = inspects ? tls : undefined;
  return chainFor(listener, {
    destinationPort: port,
    serverName: seen?.sni ?? "",
    transportProtocol: seen ? "tls" : "raw_buffer",
    applicationProtocols: seen?.common_tls_context.alpn_protocols ?? [],
  });
}

interface Ends {
  readonly caller: Proxy;
  readonly server: Proxy;
}

/** Both must speak TLS, and each one's name must be one of those that the other expects. */
function handshakeFault({ caller, server }: Ends, chain: FilterChain, { tls }: Hop): string | undefined {
  const socket = chain.transport_socket;
  if ((tls === undefined) !== (socket === undefined)) return "one end speaks TLS and the other does not";
  if (!tls || !socket) return undefined;
  const servers = tls.common_tls_context.combined_validation_context.default_validation_context;
  if (!isExpected(servers, server)) return "the server's name is not one the client expects";
  const { name } = socket.typed_config.common_tls_context.validation_context_sds_secret_config;
  const isTaken = name === trustSecret || isExpected(held(server, "SDS", name).validation_context, caller);
  return isTaken ? undefined : "the caller's name is not one the server takes";
}

/** No name expected means any will do. */
function isExpected({ match_typed_subject_alt_names: expected }: Callers["validation_context"], { identity }: Proxy): boolean {
  return expected.length === 0 || expected.some(({ matcher }) => matcher.exact === identity);
}

interface Inside {
  readonly caller: string;
  readonly port: number;
  readonly request: Request | undefined;
  readonly meets: Locks;
}

function throughFilters(server: Proxy, filters: readonly NetworkFilter[], inside: Inside): string | undefined {
  for (const filter of filters) {
    const config = "config_discovery" in filter ? held(server, "ECDS", filter.name).typed_config : filter.typed_config;
    switch (config["@type"]) {
      case "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC":
        if (inside.meets !== "handshake" && !isLetIn(config.rules, { ...inside, request: undefined })) return "network RBAC refuses the connection";
        break;
      case "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager":
        return throughManager(server, config, inside);
      case "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy":
        return toApp(server, config.cluster, inside);
      case "type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config":
        return "the server closes";
      case "type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit":
        break;
    }
  }
  throw new Error("a chain without an end");
}

function throughManager(server: Proxy, manager: ConnectionManager, inside: Inside): string | undefined {
  if (!inside.request) return "not HTTP";
  const request = managed(manager, inside.request);
  if (!request) return "the server's connection manager refuses the request";
  const routed = routeFor(held(server, "RDS", manager.rds.route_config_name), request);
  if (!routed) return "no route of the server fits";
  const asked = { ...inside, request };
  for (const { name, typed_config: filter } of manager.http_filters) {
    if (filter["@type"].endsWith(".Router")) return legsOf(routed.route).map(({ cluster }) => toApp(server, cluster, inside)).find((why) => why !== undefined);
    if (!isLetIn(rulesFor(name, routed, "rules" in filter ? filter.rules : undefined), asked)) return "HTTP RBAC refuses the request";
  }
  throw new Error("HTTP filters without a router");
}

/** The most specific place that says something of a filter takes its whole config's place, even with nothing in it. */
function rulesFor(name: string, { host, route }: Routed, own: Rules | undefined): Rules | undefined {
  const override = route.typed_per_filter_config[name] ?? host.typed_per_filter_config[name];
  return override ? override.rbac?.rules : own;
}

/** @throws Error when it would come out anywhere but at the port that was called. */
function toApp(server: Proxy, cluster: string, { port }: Inside): string | undefined {
  const dialled: Call["to"] = { address: "127.0.0.1", port };
  const hops = hopsOf(server, cluster, dialled);
  if (hops.some((hop) => hop.address !== dialled.address || hop.port !== port || hop.tls)) throw new Error(`cluster ${cluster} leads elsewhere than to port ${port}`);
  return hops.length > 0 ? undefined : "no app is behind the sidecar";
}
