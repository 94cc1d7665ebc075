import {
  CodecType, ForwardClientCertDetails, PathWithEscapedSlashesAction,
  HttpConnectionManagerSchema, HeadersWithUnderscoresAction, HttpRbacSchema, packAny, RouterSchema,
} from "@osm/envoy-api";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { requestLog } from "./access-log.ts";
import { overAds } from "./config-source.ts";
import { nobody } from "./rbac.ts";

/** Name under which a virtual host says who may do what. */
export const rbacFilter = "envoy.filters.http.rbac";

/** The client's end: routes, and nothing that could refuse. */
export function outboundHttp(routeName: string) {
  return connectionManager(routeName, { httpFilters: [router] });
}

/**
 * The server's end. Paths are brought to one form before a rule looks at them. The filter itself lets nobody in: what
 * a virtual host says takes its place, and if none did the door would be closed.
 */
export function inboundHttp(routeName: string) {
  return connectionManager(routeName, {
    httpFilters: [httpFilter(rbacFilter, HttpRbacSchema, { rules: nobody }), router],
    forwardClientCertDetails: ForwardClientCertDetails.SANITIZE_SET,
    setCurrentClientCertDetails: { uri: true },
    normalizePath: true,
    mergeSlashes: true,
    pathWithEscapedSlashesAction: PathWithEscapedSlashesAction.REJECT_REQUEST,
    stripPortMode: { case: "stripAnyHostPort", value: true },
    commonHttpProtocolOptions: { headersWithUnderscoresAction: HeadersWithUnderscoresAction.REJECT_REQUEST },
  });
}

type Manager = Exclude<MessageInitShape<typeof HttpConnectionManagerSchema>, { readonly $typeName: string }>;

function connectionManager(routeConfigName: string, more: Manager) {
  const manager: Manager = {
    codecType: CodecType.AUTO,
    statPrefix: `mesh-http-conn-manager.${routeConfigName}`,
    routeSpecifier: { case: "rds", value: { routeConfigName, configSource: overAds } },
    upgradeConfigs: [{ upgradeType: "websocket" }],
    accessLog: [requestLog],
    ...more,
  };
  return { name: "envoy.filters.network.http_connection_manager", configType: { case: "typedConfig", value: packAny(HttpConnectionManagerSchema, manager) } } as const;
}

function httpFilter<D extends DescMessage>(name: string, schema: D, config: MessageInitShape<D>) {
  return { name, configType: { case: "typedConfig", value: packAny(schema, config) } } as const;
}

const router = httpFilter("envoy.filters.http.router", RouterSchema, {});
