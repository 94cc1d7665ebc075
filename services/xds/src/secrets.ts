import { contentOf, sealResource } from "@osm/ads";
import { encode, SecretSchema } from "@osm/envoy-api";
import { digestOf, identitySecret, trustSecret, typeUrls } from "@osm/model";
import type { Sealed as Secret } from "@osm/pki";
import type { TrustPayload } from "@osm/wire";
import type { Sealed, Trust } from "./world.ts";

const text = new TextEncoder();

/** A proxy's certificate and key. Without bytes: the proxy holds it from another replica, and this one never saw it. */
export interface OwnIdentity {
  readonly version: string;
  readonly bytes: Uint8Array | undefined;
}

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

interface Narrowing extends Sealed {
  readonly name: string;
}

/**
 * The roots, held to the callers of a listed secret. Neither is looked into: of two messages one behind the other a reader
 * makes one, in which single values are those of the second and messages in messages are put together (protobuf's merging).
 */
export function narrowed(trust: Trust, { name, version, bytes }: Narrowing): Uint8Array {
  return sealResource({ typeUrl: typeUrls.SDS, name, version, bytes: Buffer.concat([contentOf(trust.bytes), contentOf(bytes)]) });
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
