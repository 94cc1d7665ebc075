import { DownstreamTlsContextSchema, packAny, SanType, TlsProtocol, UpstreamTlsContextSchema } from "@osm/envoy-api";
import { identitySecret, trustSecret, type SpiffeId, type TlsSettings, type TlsVersion } from "@osm/model";
import type { Alpn } from "../names.ts";
import { overAds } from "./config-source.ts";

const protocols: Readonly<Record<TlsVersion, TlsProtocol>> = {
  TLS_AUTO: TlsProtocol.TLS_AUTO,
  TLSv1_0: TlsProtocol.TLSv1_0,
  TLSv1_1: TlsProtocol.TLSv1_1,
  TLSv1_2: TlsProtocol.TLSv1_2,
  TLSv1_3: TlsProtocol.TLSv1_3,
};

function paramsOf({ min, max, cipherSuites, ecdhCurves }: TlsSettings) {
  return {
    tlsMinimumProtocolVersion: protocols[min],
    tlsMaximumProtocolVersion: protocols[max],
    cipherSuites: [...cipherSuites],
    ecdhCurves: [...ecdhCurves],
  };
}

const ownIdentity = [{ name: identitySecret, sdsConfig: overAds }];
const trusted = (name: string) => ({ name, sdsConfig: overAds });

export interface CallerTls {
  readonly says: Alpn;
  readonly serverName: string;
  readonly servers: readonly SpiffeId[];
  readonly tls: TlsSettings;
}

/**
 * Each caller presents its own `identity`; the names it expects stand here, so that one cluster serves every caller.
 * Sessions are never resumed: a resumed one would not be held against what is expected now (CVE-2022-21654's class).
 */
export function callerTls({ says, serverName, servers, tls }: CallerTls) {
  const expected = servers.map((id) => ({ sanType: SanType.URI, matcher: { matchPattern: { case: "exact", value: id } } }) as const);
  return {
    name: "envoy.transport_sockets.tls",
    configType: {
      case: "typedConfig",
      value: packAny(UpstreamTlsContextSchema, {
        sni: serverName,
        maxSessionKeys: 0,
        commonTlsContext: {
          tlsParams: paramsOf(tls),
          tlsCertificateSdsSecretConfigs: ownIdentity,
          alpnProtocols: [says],
          validationContextType: {
            case: "combinedValidationContext",
            value: { defaultValidationContext: { matchTypedSubjectAltNames: expected }, validationContextSdsSecretConfig: trusted(trustSecret) },
          },
        },
      }),
    },
  } as const;
}

/**
 * A certificate of the mesh is required. Who may do what with it is the business of RBAC; where bytes are carried `trust` names
 * the secret that says whose certificate is taken at all, since RBAC waits for the client's first byte. What the client says in its ALPN
 * chooses the chain and is not agreed to: of an agreed name other than h2 Envoy concludes HTTP/1.1, whatever then comes.
 */
export function serverTls(tls: TlsSettings, trust: string) {
  return {
    name: "envoy.transport_sockets.tls",
    configType: {
      case: "typedConfig",
      value: packAny(DownstreamTlsContextSchema, {
        requireClientCertificate: true,
        disableStatefulSessionResumption: true,
        sessionTicketKeysType: { case: "disableStatelessSessionResumption", value: true },
        commonTlsContext: {
          tlsParams: paramsOf(tls),
          tlsCertificateSdsSecretConfigs: ownIdentity,
          validationContextType: { case: "validationContextSdsSecretConfig", value: trusted(trust) },
        },
      }),
    },
  } as const;
}
