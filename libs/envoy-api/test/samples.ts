import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  ApiVersion,
  ClusterSchema,
  CommonTlsContextSchema,
  ConfigSourceSchema,
  DiscoveryType,
  DownstreamTlsContextSchema,
  FilterChainSchema,
  HttpConnectionManagerSchema,
  HttpProtocolOptionsSchema,
  HttpRbacPerRouteSchema,
  HttpRbacSchema,
  ListenerSchema,
  packAny,
  RbacAction,
  RbacRulesSchema,
  RouteConfigurationSchema,
  RouterSchema,
  SanType,
  UpstreamTlsContextSchema,
} from "../src/index.ts";

type SourceInit = MessageInitShape<typeof ConfigSourceSchema>;
type ClusterInit = MessageInitShape<typeof ClusterSchema>;

const http2 = packAny(HttpProtocolOptionsSchema, {
  upstreamProtocolOptions: {
    case: "explicitHttpConfig",
    value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } },
  },
});

const viaAds: SourceInit = {
  resourceApiVersion: ApiVersion.V3,
  configSourceSpecifier: { case: "ads", value: {} },
};

function mutual(sdsConfig: SourceInit): MessageInitShape<typeof CommonTlsContextSchema> {
  return {
    alpnProtocols: ["osm"],
    tlsCertificateSdsSecretConfigs: [{ name: "identity", sdsConfig }],
    validationContextType: {
      case: "combinedValidationContext",
      value: {
        defaultValidationContext: {
          matchTypedSubjectAltNames: [
            { sanType: SanType.URI, matcher: { matchPattern: { case: "prefix", value: "spiffe://mesh/" } } },
          ],
        },
        validationContextSdsSecretConfig: { name: "trust", sdsConfig },
      },
    },
  };
}

const wantsIdentity = packAny(DownstreamTlsContextSchema, {
  requireClientCertificate: true,
  commonTlsContext: mutual(viaAds),
});

export function clusterWithSecretsFrom(source: SourceInit): ClusterInit {
  const tls = packAny(UpstreamTlsContextSchema, { sni: "bookstore.shop.svc", commonTlsContext: mutual(source) });
  return {
    name: "shop/bookstore|80",
    clusterDiscoveryType: { case: "type", value: DiscoveryType.STATIC },
    connectTimeout: { seconds: 1n, nanos: 500_000_000 },
    transportSocket: { name: "tls", configType: { case: "typedConfig", value: tls } },
    typedExtensionProtocolOptions: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2 },
    metadata: { filterMetadata: { osm: { service: "bookstore", namespace: "shop" } } },
  };
}

export const cluster = clusterWithSecretsFrom(viaAds);

/** Who may GET below /books, by name and by pattern. */
export const rules: MessageInitShape<typeof RbacRulesSchema> = {
  action: RbacAction.ALLOW,
  policies: {
    "shop/readers": {
      principals: [
        {
          identifier: {
            case: "authenticated",
            value: { principalName: { matchPattern: { case: "exact", value: "spiffe://mesh/ns/shop/sa/bookbuyer" } } },
          },
        },
      ],
      permissions: [
        {
          rule: {
            case: "urlPath",
            value: {
              rule: {
                case: "path",
                value: { matchPattern: { case: "safeRegex", value: { regex: "^/books(/[0-9]+)?: #\\d{2}$" } } },
              },
            },
          },
        },
      ],
    },
  },
};

export const routes: MessageInitShape<typeof RouteConfigurationSchema> = {
  name: "shop/bookstore|80",
  virtualHosts: [
    {
      name: "any",
      domains: ["*"],
      routes: [
        {
          match: { pathSpecifier: { case: "prefix", value: "/" } },
          action: { case: "route", value: { clusterSpecifier: { case: "cluster", value: "shop/bookstore|80" } } },
        },
      ],
      typedPerFilterConfig: { "envoy.filters.http.rbac": packAny(HttpRbacPerRouteSchema, { rbac: { rules } }) },
    },
  ],
};

const manager = packAny(HttpConnectionManagerSchema, {
  statPrefix: "inbound",
  routeSpecifier: { case: "routeConfig", value: routes },
  httpFilters: [
    { name: "envoy.filters.http.rbac", configType: { case: "typedConfig", value: packAny(HttpRbacSchema, {}) } },
    { name: "envoy.filters.http.router", configType: { case: "typedConfig", value: packAny(RouterSchema, {}) } },
  ],
});

const chain: MessageInitShape<typeof FilterChainSchema> = {
  name: "http",
  filterChainMatch: { applicationProtocols: ["osm"] },
  filters: [
    { name: "envoy.filters.network.http_connection_manager", configType: { case: "typedConfig", value: manager } },
  ],
  transportSocket: { name: "tls", configType: { case: "typedConfig", value: wantsIdentity } },
};

export const listener: MessageInitShape<typeof ListenerSchema> = {
  name: "10.96.0.7:80",
  address: {
    address: { case: "socketAddress", value: { address: "127.0.0.1", portSpecifier: { case: "portValue", value: 15003 } } },
  },
  bindToPort: false,
  filterChains: [chain],
};

