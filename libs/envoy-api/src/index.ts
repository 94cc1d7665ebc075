// What OSM says to Envoy, and how it is written down. Generated code is reached through this file alone.
export { decode, encode, packAny, typeUrlOf } from "./binary.ts";
export { fromJson, toJson } from "./json.ts";
export { registry } from "./registry.ts";
export { fromYaml, resourceYaml, toYaml } from "./yaml.ts";

export { AnySchema, type Any } from "@bufbuild/protobuf/wkt";

// Discovery.
export {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
  ResourceSchema as DiscoveryResourceSchema,
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  type Resource as DiscoveryResource,
} from "../gen/envoy/service/discovery/v3/discovery_pb.ts";
export { StatusSchema, type Status } from "../gen/google/rpc/status_pb.ts";

// Core.
export { AddressSchema, CidrRangeSchema, SocketAddressSchema, type Address, type CidrRange, type SocketAddress } from "../gen/envoy/config/core/v3/address_pb.ts";
export {
  DataSourceSchema,
  HeaderValueOption_HeaderAppendAction as HeaderAppendAction,
  HeaderValueOptionSchema,
  MetadataSchema,
  NodeSchema,
  TrafficDirection,
  TransportSocketSchema,
  type DataSource,
  type HeaderValueOption,
  type Metadata,
  type Node,
  type TransportSocket,
} from "../gen/envoy/config/core/v3/base_pb.ts";
export {
  ApiConfigSource_ApiType as ApiType,
  ApiConfigSourceSchema,
  ApiVersion,
  ConfigSourceSchema,
  ExtensionConfigSourceSchema,
  type ApiConfigSource,
  type ConfigSource,
  type ExtensionConfigSource,
} from "../gen/envoy/config/core/v3/config_source_pb.ts";
export { TypedExtensionConfigSchema, type TypedExtensionConfig } from "../gen/envoy/config/core/v3/extension_pb.ts";
export { HealthCheckSchema, HealthStatus, type HealthCheck } from "../gen/envoy/config/core/v3/health_check_pb.ts";
export {
  Http2ProtocolOptionsSchema,
  HttpProtocolOptions_HeadersWithUnderscoresAction as HeadersWithUnderscoresAction,
  HttpProtocolOptionsSchema as CommonHttpProtocolOptionsSchema,
  type Http2ProtocolOptions,
  type HttpProtocolOptions as CommonHttpProtocolOptions,
} from "../gen/envoy/config/core/v3/protocol_pb.ts";

// CDS and EDS.
export {
  Cluster_DiscoveryType as DiscoveryType,
  Cluster_LbPolicy as LbPolicy,
  Cluster_TransportSocketMatchSchema as TransportSocketMatchSchema,
  ClusterSchema,
  type Cluster,
  type Cluster_TransportSocketMatch as TransportSocketMatch,
} from "../gen/envoy/config/cluster/v3/cluster_pb.ts";
export { CircuitBreakersSchema, type CircuitBreakers } from "../gen/envoy/config/cluster/v3/circuit_breaker_pb.ts";
export { OutlierDetectionSchema, type OutlierDetection } from "../gen/envoy/config/cluster/v3/outlier_detection_pb.ts";
export { ClusterLoadAssignmentSchema, type ClusterLoadAssignment } from "../gen/envoy/config/endpoint/v3/endpoint_pb.ts";
export {
  LbEndpointSchema,
  LocalityLbEndpointsSchema,
  type LbEndpoint,
  type LocalityLbEndpoints,
} from "../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts";
export { HttpProtocolOptionsSchema, type HttpProtocolOptions } from "../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";

// LDS.
export { ListenerSchema, type Listener } from "../gen/envoy/config/listener/v3/listener_pb.ts";
export {
  FilterChainMatchSchema,
  FilterChainSchema,
  FilterSchema,
  ListenerFilterSchema,
  type Filter,
  type FilterChain,
  type FilterChainMatch,
  type ListenerFilter,
} from "../gen/envoy/config/listener/v3/listener_components_pb.ts";
export { HttpInspectorSchema, type HttpInspector } from "../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.ts";
export { OriginalDstSchema, type OriginalDst } from "../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.ts";
export { TlsInspectorSchema, type TlsInspector } from "../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts";
export { ConnectionLimitSchema, type ConnectionLimit } from "../gen/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.ts";
export {
  ConfigSchema as DirectResponseSchema,
  type Config as DirectResponse,
} from "../gen/envoy/extensions/filters/network/direct_response/v3/config_pb.ts";
export { TcpProxySchema, type TcpProxy } from "../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts";
export {
  HttpConnectionManager_CodecType as CodecType,
  HttpConnectionManager_ForwardClientCertDetails as ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction as PathWithEscapedSlashesAction,
  HttpConnectionManagerSchema,
  HttpFilterSchema,
  type HttpConnectionManager,
  type HttpFilter,
} from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
export { RouterSchema, type Router } from "../gen/envoy/extensions/filters/http/router/v3/router_pb.ts";

// RDS.
export { RouteConfigurationSchema, type RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.ts";
export {
  HeaderMatcherSchema,
  RetryPolicySchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
  VirtualHostSchema,
  WeightedClusterSchema,
  type HeaderMatcher,
  type RetryPolicy,
  type Route,
  type RouteAction,
  type RouteMatch,
  type VirtualHost,
  type WeightedCluster,
} from "../gen/envoy/config/route/v3/route_components_pb.ts";
export { PreviousHostsPredicateSchema, type PreviousHostsPredicate } from "../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts";

// Who may do what. The rules themselves, and the two filters that hold them.
export {
  PermissionSchema,
  PolicySchema as RbacPolicySchema,
  PrincipalSchema,
  RBAC_Action as RbacAction,
  RBACSchema as RbacRulesSchema,
  type Permission,
  type Policy as RbacPolicy,
  type Principal,
  type RBAC as RbacRules,
} from "../gen/envoy/config/rbac/v3/rbac_pb.ts";
export {
  RBACPerRouteSchema as HttpRbacPerRouteSchema,
  RBACSchema as HttpRbacSchema,
  type RBAC as HttpRbac,
  type RBACPerRoute as HttpRbacPerRoute,
} from "../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts";
export { RBACSchema as NetworkRbacSchema, type RBAC as NetworkRbac } from "../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.ts";
export { PathMatcherSchema, type PathMatcher } from "../gen/envoy/type/matcher/v3/path_pb.ts";
export { RegexMatcherSchema, type RegexMatcher } from "../gen/envoy/type/matcher/v3/regex_pb.ts";
export { StringMatcherSchema, type StringMatcher } from "../gen/envoy/type/matcher/v3/string_pb.ts";

// SDS and TLS.
export {
  CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType as SanType,
  SubjectAltNameMatcherSchema,
  TlsCertificateSchema,
  TlsParameters_TlsProtocol as TlsProtocol,
  TlsParametersSchema,
  type CertificateValidationContext,
  type SubjectAltNameMatcher,
  type TlsCertificate,
  type TlsParameters,
} from "../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts";
export { SdsSecretConfigSchema, SecretSchema, type SdsSecretConfig, type Secret } from "../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts";
export {
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
  type CommonTlsContext,
  type DownstreamTlsContext,
  type UpstreamTlsContext,
} from "../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts";
export { RawBufferSchema, type RawBuffer } from "../gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.ts";

// Bootstrap, and what a stream to the control plane carries.
export { BootstrapSchema, type Bootstrap } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
export { CredentialInjectorSchema, type CredentialInjector } from "../gen/envoy/extensions/filters/http/credential_injector/v3/credential_injector_pb.ts";
export {
  GenericSchema as GenericCredentialSchema,
  type Generic as GenericCredential,
} from "../gen/envoy/extensions/http/injected_credentials/generic/v3/generic_pb.ts";
export { UpstreamCodecSchema, type UpstreamCodec } from "../gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.ts";

// Access logs.
export { AccessLogSchema, type AccessLog } from "../gen/envoy/config/accesslog/v3/accesslog_pb.ts";
export { SubstitutionFormatStringSchema, type SubstitutionFormatString } from "../gen/envoy/config/core/v3/substitution_format_string_pb.ts";
export {
  StderrAccessLogSchema,
  StdoutAccessLogSchema,
  type StderrAccessLog,
  type StdoutAccessLog,
} from "../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts";

// Shares and ranges.
export {
  FractionalPercent_DenominatorType as DenominatorType,
  FractionalPercentSchema,
  PercentSchema,
  type FractionalPercent,
  type Percent,
} from "../gen/envoy/type/v3/percent_pb.ts";
export { Int32RangeSchema, Int64RangeSchema, type Int32Range, type Int64Range } from "../gen/envoy/type/v3/range_pb.ts";
