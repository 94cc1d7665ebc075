import { createPrivateKey, createPublicKey, generateKeyPair as generate, generateKeyPairSync as generateSync, randomBytes, sign, verify } from "node:crypto";
import type { JsonWebKey, KeyObject } from "node:crypto";
import { Sealed } from "@osm/model";
import { sameBytes } from "./der.ts";
import { PkiError, guarded } from "./error.ts";
import { pemOf } from "./pem.ts";

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

const curves = ["P-256", "P-384"] as const satisfies readonly Curve[];
/** What stands before the coordinates of a point that is not compressed (RFC 5480 §2): proxies need not read any other form. */
const spkiHead = {
  "P-256": Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex"),
  "P-384": Buffer.from("3076301006072a8648ce3d020106052b8104002203620004", "hex"),
} as const satisfies Record<Curve, Uint8Array>;
/** Of both coordinates. */
const pointLength = { "P-256": 64, "P-384": 96 } as const;
const usualExponent = 65_537n;
const rsaBits = { min: 2048, max: 4096 } as const;

/** Makes a P-256 key, or an RSA key where asked for: a fifth of a second of a core each, never on a path that waits. */
export async function generateKeyPair(algorithm: KeyAlgorithm = { kind: "ec", curve: "P-256" }): Promise<KeyPair> {
  if (algorithm.kind === "ec") return ecPair(algorithm);
  assertRsaBits(algorithm.bits);
  const made = await new Promise<KeyObject>((resolve, reject) => {
    generate("rsa", { modulusLength: algorithm.bits }, (error, _public, key) => (error ? reject(error) : resolve(key)));
  });
  return keyPairOf(made);
}

/** At once: it takes 20 µs, and nearly as long again to have another thread do it. */
function ecPair(algorithm: KeyAlgorithm & { readonly kind: "ec" }): KeyPair {
  const { publicKey: handle, privateKey } = generateSync("ec", { namedCurve: algorithm.curve });
  // Exported in DER it takes twice as long: OpenSSL goes through all its encoders.
  const { x = "", y = "" } = handle.export({ format: "jwk" });
  const spki = Buffer.concat([spkiHead[algorithm.curve], Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return { publicKey: { spki, algorithm, handle }, privateKey: new Sealed(privateKey) };
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
  return guarded("KeyRefused", "not a public key", () => {
    // Bytes take Node longer than text: it asks of each object whether it is a key, and is told by an exception.
    const handle = createPublicKey(pemOf("PUBLIC KEY", spki));
    const curve = curveOf(spki);
    return curve ? { spki, algorithm: { kind: "ec", curve }, handle } : publicKeyOf(handle);
  });
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
    const isPlain = signed.ecdsa === "der" || key.algorithm.kind === "rsa";
    return verify(signed.hash, signed.content, isPlain ? key.handle : { key: key.handle, dsaEncoding: signed.ecdsa }, signed.signature);
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
  const curve = curveOf(spki);
  return { spki, algorithm: curve ? { kind: "ec", curve } : rsaOf(handle), handle };
}

/** The curve of a point in its usual form; undefined for all else. */
function curveOf(spki: Uint8Array): Curve | undefined {
  return curves.find((curve) => {
    const head = spkiHead[curve];
    return spki.length === head.length + pointLength[curve] && sameBytes(spki.subarray(0, head.length), head);
  });
}

function rsaOf(key: KeyObject): KeyAlgorithm {
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
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
