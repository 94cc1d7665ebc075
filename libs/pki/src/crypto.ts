import { createPrivateKey, createPublicKey, generateKeyPair as generate, randomBytes, sign, verify } from "node:crypto";
import type { JsonWebKey, KeyObject } from "node:crypto";
import { Sealed } from "@osm/model";
import { PkiError, guarded } from "./error.ts";

/** The only file that touches node:crypto: keys, signatures and randomness. */
export type Hash = "sha256" | "sha384" | "sha512";
export type Curve = "P-256" | "P-384";
export type KeyAlgorithm = { readonly kind: "ec"; readonly curve: Curve } | { readonly kind: "rsa"; readonly bits: number };

export interface PublicKey {
  /** SubjectPublicKeyInfo, DER, as this package writes it. */
  readonly spki: Uint8Array;
  readonly algorithm: KeyAlgorithm;
  readonly handle: KeyObject;
}

export type PrivateKey = Sealed<KeyObject>;

export interface KeyPair {
  readonly publicKey: PublicKey;
  readonly privateKey: PrivateKey;
}

const curves: Readonly<Record<string, Curve>> = { prime256v1: "P-256", secp384r1: "P-384" };
/** Length of an uncompressed point's SubjectPublicKeyInfo: proxies need not read any other form. */
const spkiLength = { "P-256": 91, "P-384": 120 } as const;
const usualExponent = 65_537n;
const rsaBits = { min: 2048, max: 4096 } as const;

/** Makes a P-256 key, or an RSA key where asked for: a fifth of a second of a core each, never on a path that waits. */
export async function generateKeyPair(algorithm: KeyAlgorithm = { kind: "ec", curve: "P-256" }): Promise<KeyPair> {
  if (algorithm.kind === "rsa") assertRsaBits(algorithm.bits);
  const made = await new Promise<KeyObject>((resolve, reject) => {
    const settle = (error: Error | null, _public: KeyObject, key: KeyObject) => (error ? reject(error) : resolve(key));
    if (algorithm.kind === "ec") generate("ec", { namedCurve: algorithm.curve }, settle);
    else generate("rsa", { modulusLength: algorithm.bits }, settle);
  });
  return keyPairOf(made);
}

/** @throws PkiError `KeyRefused`: unreadable, encrypted, or no key that this package works with. */
export function parseKeyPair(keyPem: Sealed<string>): KeyPair {
  // The cause is left out: it must not be possible for a message to quote the text.
  try {
    return keyPairOf(createPrivateKey(keyPem.open()));
  } catch {
    throw new PkiError("KeyRefused", "not a private key in PEM of a kind that is taken");
  }
}

/** PKCS#8, for an Envoy secret or a mounted file. */
export function privateKeyPem(key: PrivateKey): Sealed<string> {
  return new Sealed(key.open().export({ type: "pkcs8", format: "pem" }).toString());
}

/** @throws PkiError `KeyRefused` unless it is P-256, P-384, or RSA of 2048 to 4096 bits with the usual exponent. */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  return guarded("KeyRefused", "not a public key", () =>
    publicKeyOf(createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" })),
  );
}

/** @throws PkiError `KeyRefused`, as `parsePublicKey`. */
export function parseJwk(jwk: JsonWebKey): PublicKey {
  return guarded("KeyRefused", "not a JSON Web Key", () => publicKeyOf(createPublicKey({ key: jwk, format: "jwk" })));
}

export interface Signed {
  readonly hash: Hash;
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
  /** How an ECDSA signature is written: DER in X.509, two plain numbers in JWT. */
  readonly ecdsa: "der" | "ieee-p1363";
}

/** False for every signature that is not this key's, however malformed. */
export function isSignedBy(key: PublicKey, signed: Signed): boolean {
  try {
    return verify(signed.hash, signed.content, { key: key.handle, dsaEncoding: signed.ecdsa }, signed.signature);
  } catch {
    return false;
  }
}

/** ECDSA in DER, or RSA PKCS#1 v1.5. */
export function signatureOf(key: PrivateKey, hash: Hash, content: Uint8Array): Uint8Array {
  return sign(hash, content, key.open());
}

/** A positive number of 128 bits, of which 126 are random. */
export function randomSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

function keyPairOf(key: KeyObject): KeyPair {
  return { publicKey: publicKeyOf(createPublicKey(key)), privateKey: new Sealed(key) };
}

function publicKeyOf(handle: KeyObject): PublicKey {
  const spki = handle.export({ type: "spki", format: "der" });
  return { spki, algorithm: algorithmOf(handle, spki.length), handle };
}

function algorithmOf(key: KeyObject, length: number): KeyAlgorithm {
  const { namedCurve = "", modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  const curve = curves[namedCurve];
  if (key.asymmetricKeyType === "ec" && curve && spkiLength[curve] === length) return { kind: "ec", curve };
  if (key.asymmetricKeyType !== "rsa" || publicExponent !== usualExponent) throw refusedKey();
  assertRsaBits(modulusLength);
  return { kind: "rsa", bits: modulusLength };
}

function assertRsaBits(bits: number): void {
  if (!(bits >= rsaBits.min && bits <= rsaBits.max)) throw refusedKey();
}

function refusedKey(): PkiError {
  return new PkiError("KeyRefused", "a key must be P-256, P-384, or RSA of 2048 to 4096 bits");
}
