import { DiscoveryType, LbPolicy, ClusterSchema, type TransportSocketMatchSchema } from "@osm/envoy-api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Resource } from "@osm/model";
import { alpn, assignmentName, clusterName, headlessClusterName, serverName, splitClusterName, type Alpn } from "../names.ts";
import { seal } from "../seal.ts";
import type { BackendSlice, OutboundSlice, SplitSlice, WeightedBackend } from "../slice/slices.ts";
import { seconds } from "./address.ts";
import { overAds } from "./config-source.ts";
import { asDownstreamSpoke, noBreakers } from "./http-options.ts";
import { callerTls } from "./tls.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { readonly $typeName: string }>;

/** A service port as its callers reach it: endpoints over EDS, mTLS with the names of its accounts. */
export function renderServiceCluster({ tls }: OutboundSlice, backend: BackendSlice, says: Alpn): Resource {
  const name = clusterName(backend, says);
  const assignment = assignmentName(backend);
  return sealed(name, [assignment], {
    ...balanced(assignment === name ? "" : assignment),
    ...httpOf(says),
    transportSocket: callerTls({ says, serverName: serverName(backend), servers: backend.servers, tls }),
  });
}

/** The pod that the client has chosen, and nobody else. */
export function renderHeadlessCluster({ tls }: OutboundSlice, backend: BackendSlice, says: Alpn): Resource {
  return sealed(headlessClusterName(backend, says), [], {
    clusterDiscoveryType: { case: "type", value: DiscoveryType.ORIGINAL_DST },
    lbPolicy: LbPolicy.CLUSTER_PROVIDED,
    ...httpOf(says),
    transportSocket: callerTls({ says, serverName: serverName(backend), servers: backend.servers, tls }),
  });
}

/** A split of bytes: a locality for each backend, whose weight and endpoints come by EDS; the names are each backend's own. */
export function renderSplitCluster(service: OutboundSlice, { backends }: SplitSlice, assignment: string): Resource {
  const name = splitClusterName(service);
  return sealed(name, [assignment], {
    ...balanced(assignment === name ? "" : assignment),
    commonLbConfig: { localityConfigSpecifier: { case: "localityWeightedLbConfig", value: {} } },
    transportSocketMatches: backends.map((backend) => socketMatch(service, backend)),
  });
}

/** Key under which an endpoint says which backend of a split it is of. */
export const backendKey = "backend";

function socketMatch({ tls }: OutboundSlice, backend: WeightedBackend): MessageInitShape<typeof TransportSocketMatchSchema> {
  return {
    name: backend.name,
    match: { [backendKey]: backend.name },
    transportSocket: callerTls({ says: alpn.tcp, serverName: serverName(backend), servers: backend.servers, tls }),
  };
}

function balanced(serviceName: string): ClusterInit {
  return {
    clusterDiscoveryType: { case: "type", value: DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: overAds, serviceName },
    lbPolicy: LbPolicy.ROUND_ROBIN,
  };
}

function httpOf(says: Alpn): ClusterInit {
  return says === alpn.tcp ? {} : { typedExtensionProtocolOptions: asDownstreamSpoke() };
}

function sealed(name: string, needs: readonly string[], content: ClusterInit): Resource {
  return seal({ type: "CDS", name, schema: ClusterSchema, needs, content: { name, connectTimeout: seconds(5), circuitBreakers: noBreakers, ...content } });
}
