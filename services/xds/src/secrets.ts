import { sealResource } from "@osm/ads";
import { encode, SecretSchema } from "@osm/envoy-api";
import { digestOf, identitySecret, trustSecret, typeUrls } from "@osm/model";
import type { Sealed as Secret } from "@osm/pki";
import type { TrustPayload } from "@osm/wire";
import type { OwnIdentity } from "./target.ts";
import type { Trust } from "./world.ts";

const text = new TextEncoder();

/** The roots of the mesh as the secret that every proxy validates its peers with. */
export function trustOf({ roots, issuer }: TrustPayload): Trust {
  const pem = roots.join("");
  const bytes = encode(SecretSchema, {
    name: trustSecret,
    type: { case: "validationContext", value: { trustedCa: { specifier: { case: "inlineBytes", value: text.encode(pem) } } } },
  });
  const version = digestOf(bytes);
  return { version, issuer, bytes: sealResource({ typeUrl: typeUrls.SDS, name: trustSecret, version, bytes }) };
}

/** A certificate and its key, for one proxy's stream alone: it is kept in memory and never put anywhere else. */
export function identityOf(version: string, chainPem: string, keyPem: Secret<string>): OwnIdentity {
  const inline = (pem: string) => ({ specifier: { case: "inlineBytes", value: text.encode(pem) } }) as const;
  const bytes = encode(SecretSchema, {
    name: identitySecret,
    type: { case: "tlsCertificate", value: { certificateChain: inline(chainPem), privateKey: inline(keyPem.open()) } },
  });
  return { version, bytes: sealResource({ typeUrl: typeUrls.SDS, name: identitySecret, version, bytes }) };
}
