import { HttpInspectorSchema, ListenerSchema, packAny, TrafficDirection } from "@osm/envoy-api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Resource } from "@osm/model";
import { listenerName, outboundRouteName } from "../names.ts";
import { seal } from "../seal.ts";
import type { OutboundSlice } from "../slice/slices.ts";
import { socketAddressOf } from "./address.ts";
import { closeAtOnce } from "./close.ts";
import { outboundHttp } from "./http-connection.ts";
import { carryBytes } from "./tcp-connection.ts";

type ListenerInit = Exclude<MessageInitShape<typeof ListenerSchema>, { readonly $typeName: string }>;

interface Leading {
  readonly address: string;
  /** Its route table, for what is HTTP. */
  readonly http: Resource | undefined;
  /** Its cluster, for what is bytes. */
  readonly tcp: Resource | undefined;
}

/**
 * One address and port of a service, reached from 15001 by original destination. It is bound to no socket, so that a
 * service comes or goes without touching anybody else's connections. Nothing in it can be changed by a policy.
 */
export function renderOutboundListener(service: OutboundSlice, { address, http, tcp }: Leading): Resource {
  const name = listenerName(address);
  return seal({
    type: "LDS",
    name,
    schema: ListenerSchema,
    needs: [...(http?.needs ?? []), ...(tcp ? [tcp.name] : [])],
    content: {
      name,
      address: socketAddressOf(address),
      bindToPort: false,
      trafficDirection: TrafficDirection.OUTBOUND,
      ...chains({ http: http && [outboundHttp(outboundRouteName(service))], tcp: tcp && carryBytes(`outbound.${tcp.name}`, tcp.name) }),
    },
  });
}

type Filters = NonNullable<NonNullable<ListenerInit["filterChains"]>[number]["filters"]>;

/** Where both may come the first bytes decide; who waits for the server to speak first is bytes, after a moment. */
function chains({ http, tcp }: { readonly http: Filters | undefined; readonly tcp: Filters | undefined }): ListenerInit {
  // Bytes that only a split with matches could carry have nowhere to go.
  if (!http) return { filterChains: [tcp ? { name: "tcp", filters: tcp } : { name: "closed", filters: closeAtOnce() }] };
  if (!tcp) return { filterChains: [{ name: "http", filters: http }] };
  return {
    listenerFilters: [{ name: "envoy.filters.listener.http_inspector", configType: { case: "typedConfig", value: packAny(HttpInspectorSchema, {}) } }],
    listenerFiltersTimeout: { nanos: 300_000_000 },
    continueOnListenerFiltersTimeout: true,
    filterChains: [{ name: "http", filterChainMatch: { applicationProtocols: ["http/1.0", "http/1.1", "h2c"] }, filters: http }],
    defaultFilterChain: { name: "tcp", filters: tcp },
  };
}
