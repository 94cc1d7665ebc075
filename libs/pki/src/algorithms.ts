import { nothing, oid, oidKey, sequence, type Der } from "./der.ts";
import type { Hash, KeyAlgorithm } from "./crypto.ts";

/** A signature algorithm of X.509: the kind of key and the hash that it goes with. */
export interface SignatureAlgorithm {
  readonly kind: KeyAlgorithm["kind"];
  readonly hash: Hash;
}

const ids = {
  ec: { sha256: oid("1.2.840.10045.4.3.2"), sha384: oid("1.2.840.10045.4.3.3"), sha512: oid("1.2.840.10045.4.3.4") },
  rsa: { sha256: oid("1.2.840.113549.1.1.11"), sha384: oid("1.2.840.113549.1.1.12"), sha512: oid("1.2.840.113549.1.1.13") },
} as const satisfies Record<KeyAlgorithm["kind"], Record<Hash, Der>>;

const hashes = ["sha256", "sha384", "sha512"] as const satisfies readonly Hash[];
const kinds = ["ec", "rsa"] as const satisfies readonly KeyAlgorithm["kind"][];
const byId = new Map<string, SignatureAlgorithm>(
  kinds.flatMap((kind) => hashes.map((hash) => [oidKey(ids[kind][hash]), { kind, hash }] as const)),
);

/** The algorithm behind an `oidKey`, or undefined for one that is not taken: SHA-1, PSS, EdDSA and the like. */
export function signatureAlgorithmOf(id: string): SignatureAlgorithm | undefined {
  return byId.get(id);
}

/** What a key signs with. */
export function algorithmFor(key: KeyAlgorithm): SignatureAlgorithm {
  return { kind: key.kind, hash: key.kind === "ec" && key.curve === "P-384" ? "sha384" : "sha256" };
}

/** AlgorithmIdentifier: RSA carries an explicit NULL, ECDSA carries nothing (RFC 5758 §3.2). */
export function algorithmDer({ kind, hash }: SignatureAlgorithm): Der {
  const id = ids[kind][hash];
  return kind === "rsa" ? sequence(id, nothing()) : sequence(id);
}
