import { z } from "zod";
import { identitySecret, trustSecret } from "@osm/model";
import { inert, list, overAds, typed } from "./strict.ts";

const secret = <T extends string>(name: T) => z.strictObject({ name: z.literal(name), sds_config: overAds });
const common = { tls_params: inert, tls_certificate_sds_secret_configs: z.array(secret(identitySecret)).length(1), alpn_protocols: list(z.string()) };

/** Only exact URIs: what else could be in a certificate is not known here. */
const expected = z.strictObject({ san_type: z.literal("URI"), matcher: z.strictObject({ exact: z.string() }) });

/** A caller's end: its own certificate, the roots of the mesh, the names it expects. */
export const upstreamTls = typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
  sni: z.string().default(""),
  max_session_keys: inert,
  common_tls_context: z.strictObject({
    ...common,
    combined_validation_context: z.strictObject({
      default_validation_context: z.strictObject({ match_typed_subject_alt_names: list(expected) }),
      validation_context_sds_secret_config: secret(trustSecret),
    }),
  }),
});
export type UpstreamTls = z.output<typeof upstreamTls>;

/** The end of a caller who follows no configuration: it offers what it likes and expects nothing. */
export function helloOf(offers: readonly string[]): UpstreamTls {
  const own = (name: string) => ({ name, sds_config: { ads: {} } });
  return upstreamTls.parse({
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    common_tls_context: {
      tls_certificate_sds_secret_configs: [own(identitySecret)],
      alpn_protocols: [...offers],
      combined_validation_context: { default_validation_context: {}, validation_context_sds_secret_config: own(trustSecret) },
    },
  });
}

/** Whose certificates are taken, if not those of everybody whom the mesh's roots vouch for. */
const anySecret = z.strictObject({ name: z.string(), sds_config: overAds });

/** A server's end: without a required certificate a stranger would get in, so no other form is known here. */
export const downstreamTls = typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
  require_client_certificate: z.literal(true),
  disable_stateful_session_resumption: inert,
  disable_stateless_session_resumption: inert,
  common_tls_context: z.strictObject({ ...common, validation_context_sds_secret_config: anySecret }),
});

/** What a view says of whom its proxies take as callers. The roots, which are added where it is served, may not be in it. */
export const callers = z.strictObject({ name: z.string(), validation_context: z.strictObject({ match_typed_subject_alt_names: list(expected) }) });
export type Callers = z.output<typeof callers>;
