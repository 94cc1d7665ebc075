import type { MessageInitShape } from "@bufbuild/protobuf";
import { type FilterChainSchema, type FilterSchema, ListenerSchema, NetworkRbacSchema, OriginalDstSchema, packAny, TlsInspectorSchema, TrafficDirection, typeUrlOf } from "@osm/envoy-api";
import { trustSecret, type Resource, type TlsSettings } from "@osm/model";
import type { IpFamily } from "../families.ts";
import { alpn, inboundFilterName, inboundRouteName, inboundTrustName, localClusterName, type Alpn } from "../names.ts";
import { seal } from "../seal.ts";
import type { InboundPort, ViewSlice } from "../slice/slices.ts";
import { connectionLog } from "./access-log.ts";
import { anyAddress } from "./address.ts";
import { overAds } from "./config-source.ts";
import { inboundHttp } from "./http-connection.ts";
import { carryBytes } from "./tcp-connection.ts";
import { serverTls } from "./tls.ts";

const names = { ipv4: "inbound-listener", ipv6: "inbound-listener-ipv6" } as const;

/** Chains for each container port; whatever fits none, plaintext above all, is closed. No policy is in here. */
export function renderInboundListener(slice: ViewSlice, family: IpFamily): Resource {
  const name = names[family];
  const { ports } = slice.class;
  return seal({
    type: "LDS",
    name,
    schema: ListenerSchema,
    needs: ports.map(({ port }) => localClusterName(port)),
    content: {
      name,
      address: anyAddress(family, 15_003),
      trafficDirection: TrafficDirection.INBOUND,
      listenerFilters: [
        { name: "envoy.filters.listener.original_dst", configType: { case: "typedConfig", value: packAny(OriginalDstSchema, {}) } },
        { name: "envoy.filters.listener.tls_inspector", configType: { case: "typedConfig", value: packAny(TlsInspectorSchema, {}) } },
      ],
      filterChains: ports.flatMap((port) => chainsOf(port, slice)),
      accessLog: [connectionLog],
    },
  });
}

/** Whether a port is spoken to as HTTP, as bytes, or as either: the client's sidecar says which in its ALPN. */
export function speaks({ protocol }: InboundPort): { readonly http: boolean; readonly tcp: boolean } {
  switch (protocol) {
    case "http":
      return { http: true, tcp: false };
    case "detect":
      return { http: true, tcp: true };
    case "tcp":
    case "tcp-server-first":
      return { http: false, tcp: true };
  }
}

function chainsOf(inbound: InboundPort, { mesh: { tls }, doors }: ViewSlice): MessageInitShape<typeof FilterChainSchema>[] {
  const { http, tcp } = speaks(inbound);
  const { port } = inbound;
  const forRequests = () => chain({ port, kind: "http", says: [alpn.declaredHttp, alpn.detectedHttp], tls, trust: trustSecret, filters: [inboundHttp(inboundRouteName(port))] });
  const forBytes = () => chain({
    port, kind: "tcp", says: [alpn.tcp], tls, trust: inboundTrustName(port), epoch: doors[`${port}`]?.epoch ?? "",
    filters: [connectionRbac(port), ...carryBytes(`inbound.${port}`, localClusterName(port))],
  });
  return [...(http ? [forRequests()] : []), ...(tcp ? [forBytes()] : [])];
}

type FilterInit = MessageInitShape<typeof FilterSchema>;

interface Chain {
  readonly port: number;
  readonly kind: "http" | "tcp";
  readonly says: readonly Alpn[];
  readonly tls: TlsSettings;
  /** Secret that callers are validated with. */
  readonly trust: string;
  readonly filters: readonly FilterInit[];
  /** What stands here makes it another chain: connections of the one before end within the drain time. */
  readonly epoch?: string;
}

function chain({ port, kind, says, tls, trust, filters, epoch = "" }: Chain): MessageInitShape<typeof FilterChainSchema> {
  return {
    name: `inbound_${port}_${kind}`,
    filterChainMatch: { destinationPort: port, transportProtocol: "tls", applicationProtocols: [...says] },
    transportSocket: serverTls(tls, trust),
    filters: [...filters],
    ...(epoch === "" ? {} : { metadata: { filterMetadata: { "osm.door": { epoch } } } }),
  };
}

/** Comes by ECDS: a grant is obeyed at once and ends nobody's connection. Until it has come the listener does not open. */
function connectionRbac(port: number): FilterInit {
  return { name: inboundFilterName(port), configType: { case: "configDiscovery", value: { configSource: overAds, typeUrls: [typeUrlOf(NetworkRbacSchema)] } } };
}
