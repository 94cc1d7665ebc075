import { algorithmDer, algorithmFor, signatureAlgorithmOf } from "./algorithms.ts";
import { isSignedBy, parsePublicKey, signatureOf, type KeyPair, type PublicKey } from "./crypto.ts";
import { bits, integer, sameBytes, sequence, tagged } from "./der.ts";
import { bitsOf, childOf, childrenOf, isSequence, oidOf, parseDer, type DerNode } from "./der-read.ts";
import { PkiError } from "./error.ts";

/** An honest request for an RSA key of 4096 bits is a sixth of this. */
export const maxCsrBytes = 8192;

/** A PKCS#10 request that proves the key and says nothing else: whoever signs takes names from elsewhere. */
export function createCsr({ publicKey, privateKey }: KeyPair): Uint8Array {
  const info = sequence(integer(0), sequence(), publicKey.spki, tagged(0));
  const algorithm = algorithmFor(publicKey.algorithm);
  const signature = signatureOf(privateKey, algorithm.hash, info);
  return sequence(info, algorithmDer(algorithm), bits(signature));
}

/**
 * The public key that a request proves to hold; its names, attributes and extensions are never looked at.
 * @throws PkiError `TooLarge`, `Unreadable`, `KeyRefused`, `SignatureRefused`
 */
export function verifyCsr(der: Uint8Array): PublicKey {
  if (der.length > maxCsrBytes) throw new PkiError("TooLarge", "a signing request of more than 8 KiB");
  const [info, algorithm, signature] = partsOf(der);
  const key = workloadKey(childOf(info, 2).der);
  assertSelfSigned({ key, content: info.der, algorithm, signature: bitsOf(signature) });
  return key;
}

/** P-256, or RSA where it is asked for: what every proxy can present and check. */
function workloadKey(spki: Uint8Array): PublicKey {
  const key = parsePublicKey(spki);
  if (key.algorithm.kind === "ec" && key.algorithm.curve !== "P-256") {
    throw new PkiError("KeyRefused", "a workload's key must be P-256, or RSA of 2048 to 4096 bits");
  }
  return key;
}

/** What is signed, by which algorithm, and the signature: in the one way that DER writes them. */
function partsOf(der: Uint8Array): readonly [DerNode, DerNode, DerNode] {
  const request = parseDer(der);
  const [info, algorithm, signature, ...more] = isSequence(request) ? childrenOf(request) : [];
  if (!info || !algorithm || !signature || more.length > 0) throw new PkiError("Unreadable", "not a PKCS#10 request");
  return [info, algorithm, signature];
}

interface SelfSigned {
  readonly key: PublicKey;
  readonly content: Uint8Array;
  readonly algorithm: DerNode;
  readonly signature: Uint8Array;
}

function assertSelfSigned({ key, content, algorithm, signature }: SelfSigned): void {
  const known = signatureAlgorithmOf(oidOf(childOf(algorithm, 0)));
  const isTaken = known?.kind === key.algorithm.kind && sameBytes(algorithm.der, algorithmDer(known));
  if (!isTaken) throw new PkiError("SignatureRefused", "a signature algorithm that is not taken");
  if (!isSignedBy(key, { hash: known.hash, content, signature, ecdsa: "der" })) {
    throw new PkiError("SignatureRefused", "the request is not signed by its own key");
  }
}
