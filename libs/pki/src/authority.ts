import type { Digest, Sealed } from "@osm/model";
import { algorithmFor } from "./algorithms.ts";
import { issueCertificate, nameOf, type Signer } from "./certificate.ts";
import { clockSkewSec, type UnixSeconds } from "./civil-time.ts";
import { generateKeyPair, parseKeyPair, parsePublicKey, privateKeyPem, type KeyPair } from "./crypto.ts";
import { sameBytes } from "./der.ts";
import { PkiError } from "./error.ts";
import { authorityKeyId, basicConstraints, keyIdOf, keyUsage, subjectAltName, subjectKeyId } from "./extensions.ts";
import { assertTrustDomain, fitsCommonName } from "./names.ts";
import { readCertificate, type Certificate } from "./read-certificate.ts";

/** Whom an authority vouches for. The mesh root signs workloads only; endpoints of the control plane have a root of their own. */
export type Vouched = "workloads" | "servers";

/** A root with its key, ready to sign. */
export interface Authority<V extends Vouched = Vouched> {
  readonly vouchesFor: V;
  readonly certPem: string;
  /** Digest of the certificate: its name in bundles and identity versions. */
  readonly issuer: Digest;
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  readonly signer: Signer;
  /** What its leaves give as their authority key id; undefined when the root names none. */
  readonly keyId: Uint8Array | undefined;
}

export interface RootRequest {
  readonly commonName: string;
  /** Stands in the root as `spiffe://<trust domain>` where given. */
  readonly trustDomain?: string;
  readonly now: UnixSeconds;
  readonly lifetimeSec: number;
}

export interface RootPem {
  readonly certPem: string;
  readonly keyPem: Sealed<string>;
}

/** A new self-signed P-256 root. Nothing may sign between it and its leaves. @throws PkiError */
export async function createRoot(request: RootRequest): Promise<RootPem> {
  if (!fitsCommonName(request.commonName)) throw new PkiError("NameRefused", "a name of more than 64 characters");
  if (request.trustDomain !== undefined) assertTrustDomain(request.trustDomain);
  const keys = await generateKeyPair();
  return { certPem: rootCertificate(request, keys), keyPem: privateKeyPem(keys.privateKey) };
}

/** @throws PkiError unless it is a self-signed CA certificate and the key is its own. */
export function parseAuthority<V extends Vouched>(vouchesFor: V, { certPem, keyPem }: RootPem): Authority<V> {
  const certificate = readCertificate(certPem);
  const keys = parseKeyPair(keyPem);
  assertMaySign(certificate);
  if (!sameBytes(keys.publicKey.spki, parsePublicKey(certificate.spki).spki)) {
    throw new PkiError("KeyRefused", "the key is not that of the certificate");
  }
  return authorityOf(vouchesFor, certPem, { certificate, keys });
}

/** @throws PkiError `IssuerRefused` before and after the root's life. */
export function assertLive(authority: Authority, now: UnixSeconds): void {
  if (!(now >= authority.notBefore && now < authority.notAfter)) {
    throw new PkiError("IssuerRefused", "the root is not valid at this time");
  }
}

function authorityOf<V extends Vouched>(
  vouchesFor: V,
  certPem: string,
  { certificate, keys }: { readonly certificate: Certificate; readonly keys: KeyPair },
): Authority<V> {
  const { digest, notBefore, notAfter, subject, subjectKeyId: keyId } = certificate;
  const signer = { subject, key: keys.privateKey, algorithm: algorithmFor(keys.publicKey.algorithm) };
  return { vouchesFor, certPem, issuer: digest, notBefore, notAfter, signer, keyId: keyId === undefined ? undefined : Buffer.from(keyId, "hex") };
}

function rootCertificate({ commonName, trustDomain, now, lifetimeSec }: RootRequest, { publicKey, privateKey }: KeyPair): string {
  const subject = nameOf(commonName);
  const keyId = keyIdOf(publicKey);
  const uris = trustDomain === undefined ? [] : [`spiffe://${trustDomain}`];
  const extensions = [
    basicConstraints(true),
    keyUsage(["keyCertSign", "crlSign"]),
    subjectKeyId(keyId),
    authorityKeyId(keyId),
    ...(uris.length > 0 ? [subjectAltName({ uris, dns: [], ips: [] })] : []),
  ];
  const issuedAt = Math.floor(now);
  const body = { subject, publicKey, notBefore: issuedAt - clockSkewSec, notAfter: issuedAt + lifetimeSec, extensions };
  return issueCertificate(body, { subject, key: privateKey, algorithm: algorithmFor(publicKey.algorithm) }).pem;
}

function assertMaySign({ isCa, keyUsages, subject, issuer }: Certificate): void {
  if (!isCa || keyUsages?.includes("keyCertSign") === false) throw new PkiError("IssuerRefused", "a certificate that may not sign others");
  // Proxies are given this certificate as their root, so it must not need another one.
  if (!sameBytes(subject, issuer)) throw new PkiError("IssuerRefused", "a certificate that is no root");
}
