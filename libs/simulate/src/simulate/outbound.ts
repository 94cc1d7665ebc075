import type { Call, Speech } from "../call.ts";
import { chainFor } from "./filter-chain.ts";
import { managed, requestOf, type Request } from "./http-request.ts";
import { held, type Proxy } from "./proxy.ts";
import type { FilterChain, Listener } from "./read/listener.ts";
import { legsOf, routeFor, type Leg } from "./route.ts";

/** What a client's sidecar makes of a call. `legs` may be empty: no route fits. */
export type Departure =
  | { readonly kind: "closed"; readonly why: string }
  | { readonly kind: "led"; readonly legs: readonly Leg[]; readonly request: Request | undefined };

/** From the app's connect to the clusters that its sidecar chooses. */
export function depart(proxy: Proxy, call: Call): Departure {
  const entry = [...proxy.resources.LDS.values()].find(({ bind_to_port: bound, address }) => bound && address.socket_address.port_value === 15_001);
  if (!entry) return closed("the sidecar does not listen on 15001");
  const listener = (entry.use_original_dst ? ownListener(proxy, call.to) : undefined) ?? entry;
  if (isCutOff({ entry, listener }, call.speaks)) return closed("a listener waits for the client to speak");

  const chain = chainFor(listener, { destinationPort: call.to.port, serverName: "", transportProtocol: "raw_buffer", applicationProtocols: found(listener, call.speaks) });
  if (!chain) return closed("no chain of the client's listener fits");
  if (chain.transport_socket) return closed("the client's listener wants TLS");
  return chain.filters.length === 0 ? closed("a chain without filters closes") : throughFilters(proxy, chain, call);
}

/** A client that waits for the server gets no further than an inspector that must see the client's first bytes. */
function isCutOff({ entry, listener }: { readonly entry: Listener; readonly listener: Listener }, speaks: Speech): boolean {
  if (speaks.kind === "http" || !speaks.serverFirst) return false;
  return waits(entry) || (waits(listener) && !listener.continue_on_listener_filters_timeout);
}

/** The listener of the exact address, else the one for that port of every address. */
function ownListener(proxy: Proxy, to: Call["to"]): Listener | undefined {
  const at = (wanted: string) =>
    [...proxy.resources.LDS.values()].find(({ address: { socket_address: own } }) => own.address === wanted && own.port_value === to.port);
  return at(to.address) ?? at("0.0.0.0");
}

/** Inspectors hold a connection until the client has spoken. */
function waits({ listener_filters: filters }: Listener): boolean {
  return filters.some(({ typed_config: filter }) => !filter["@type"].endsWith(".OriginalDst"));
}

/** What http_inspector finds in the first bytes. */
function found(listener: Listener, speaks: Speech): readonly string[] {
  const inspects = listener.listener_filters.some(({ typed_config: filter }) => filter["@type"].endsWith(".HttpInspector"));
  return inspects && speaks.kind === "http" ? ["http/1.1"] : [];
}

function throughFilters(proxy: Proxy, { filters }: FilterChain, call: Call): Departure {
  for (const filter of filters) {
    if ("config_discovery" in filter) throw new Error("clients discover no filters");
    const config = filter.typed_config;
    switch (config["@type"]) {
      case "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": {
        if (call.speaks.kind !== "http") return closed("not HTTP");
        if (config.http_filters.some(({ typed_config: each }) => !each["@type"].endsWith(".Router"))) throw new Error("clients enforce nothing");
        const request = managed(config, requestOf(call.speaks, call.to));
        const routed = request && routeFor(held(proxy, "RDS", config.rds.route_config_name), request);
        return routed ? { kind: "led", legs: legsOf(routed.route), request } : closed("no route of the client fits");
      }
      case "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy":
        return { kind: "led", legs: [{ cluster: config.cluster, share: 1 }], request: undefined };
      case "type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config":
        return closed("the client's sidecar closes");
      case "type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit":
        break;
      case "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC":
        throw new Error("clients enforce nothing");
    }
  }
  throw new Error("a chain without an end");
}

function closed(why: string): Departure {
  return { kind: "closed", why };
}
