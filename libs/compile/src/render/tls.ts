import { DownstreamTlsContextSchema, packAny, SanType, TlsProtocol, UpstreamTlsContextSchema } from "@osm/envoy-api";
import { identitySecret, trustSecret, type SpiffeId } from "@osm/model";
import { declaredAlpn } from "../names.ts";
import { overAds } from "./config-source.ts";

const tlsParams = {
  tlsMinimumProtocolVersion: TlsProtocol.TLSv1_2,
  tlsMaximumProtocolVersion: TlsProtocol.TLSv1_3,
};
const ownIdentity = [{ name: identitySecret, sdsConfig: overAds }];
const trust = { name: trustSecret, sdsConfig: overAds };

/**
 * Each caller presents its own `identity`; the names it expects stand here, so that one cluster serves every caller.
 * Sessions are never resumed: a resumed one would not be held against what is expected now (CVE-2022-21654's class).
 */
export function callerTls(serverName: string, servers: readonly SpiffeId[]) {
  const expected = servers.map((id) => ({ sanType: SanType.URI, matcher: { matchPattern: { case: "exact", value: id } } }) as const);
  return {
    name: "envoy.transport_sockets.tls",
    configType: {
      case: "typedConfig",
      value: packAny(UpstreamTlsContextSchema, {
        sni: serverName,
        maxSessionKeys: 0,
        commonTlsContext: {
          tlsParams,
          tlsCertificateSdsSecretConfigs: ownIdentity,
          alpnProtocols: [declaredAlpn],
          validationContextType: {
            case: "combinedValidationContext",
            value: { defaultValidationContext: { matchTypedSubjectAltNames: expected }, validationContextSdsSecretConfig: trust },
          },
        },
      }),
    },
  } as const;
}

/** A certificate of the mesh is required; who may do what with it is the business of RBAC. */
export function serverTls() {
  return {
    name: "envoy.transport_sockets.tls",
    configType: {
      case: "typedConfig",
      value: packAny(DownstreamTlsContextSchema, {
        requireClientCertificate: true,
        disableStatefulSessionResumption: true,
        sessionTicketKeysType: { case: "disableStatelessSessionResumption", value: true },
        commonTlsContext: {
          tlsParams,
          tlsCertificateSdsSecretConfigs: ownIdentity,
          alpnProtocols: [declaredAlpn],
          validationContextType: { case: "validationContextSdsSecretConfig", value: trust },
        },
      }),
    },
  } as const;
}
