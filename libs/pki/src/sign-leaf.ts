import { spiffeId, type Digest, type Identity } from "@osm/model";
import { assertLive, type Authority } from "./authority.ts";
import { issueCertificate, nameOf, type CertificateBody, type IssuedCertificate } from "./certificate.ts";
import { clockSkewSec, type UnixSeconds } from "./civil-time.ts";
import { verifyCsr } from "./csr.ts";
import type { KeyAlgorithm, PublicKey } from "./crypto.ts";
import { PkiError } from "./error.ts";
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  keyIdOf,
  keyUsage,
  subjectAltName,
  subjectKeyId,
  type AltNames,
  type KeyUsage,
  type Purpose,
} from "./extensions.ts";
import { assertHostName, assertIdentity, assertTrustDomain, fitsCommonName, identityDnsName } from "./names.ts";
import { addressBytes } from "./address.ts";

export interface LeafRequest {
  readonly csrDer: Uint8Array;
  readonly identity: Identity;
  readonly trustDomain: string;
  readonly ca: Authority<"workloads">;
  readonly now: UnixSeconds;
  readonly validitySec: number;
}

export interface ServerRequest {
  readonly publicKey: PublicKey;
  /** It calls others of its kind, and shows them the same certificate. */
  readonly callsPeers?: boolean;
  readonly dnsNames: readonly string[];
  readonly ips: readonly string[];
  readonly ca: Authority<"servers">;
  readonly now: UnixSeconds;
  readonly validitySec: number;
}

export interface Leaf extends IssuedCertificate {
  /** Leaf first, then what leads to the root, which is left out. */
  readonly chainPem: string;
  readonly issuer: Digest;
}

/**
 * A workload's certificate. Of the CSR it takes the proven public key and nothing else; all names are the identity's.
 * It is valid from a clock skew before now, so that a proxy whose clock is behind believes it at once, and never longer
 * than its issuer.
 * @throws PkiError
 */
export function signLeaf({ csrDer, identity, trustDomain, ca, now, validitySec }: LeafRequest): Leaf {
  assertIdentity(identity);
  assertTrustDomain(trustDomain);
  const publicKey = verifyCsr(csrDer);
  const dnsName = identityDnsName(identity, trustDomain);
  const names = { uris: [spiffeId(trustDomain, identity)], dns: dnsName === undefined ? [] : [dnsName], ips: [] };
  return issue({ publicKey, names, purposes: ["serverAuth", "clientAuth"], ca, now, validitySec });
}

/** A certificate of a control-plane endpoint. @throws PkiError, also when it would name nothing. */
export function signServer({ publicKey, callsPeers = false, dnsNames, ips, ca, now, validitySec }: ServerRequest): Leaf {
  dnsNames.forEach(assertHostName);
  ips.forEach(addressBytes);
  if (dnsNames.length + ips.length === 0) throw new PkiError("NameRefused", "a server certificate without a name");
  return issue({ publicKey, names: { uris: [], dns: dnsNames, ips }, purposes: ["serverAuth", ...(callsPeers ? ["clientAuth" as const] : [])], ca, now, validitySec });
}

interface Issue {
  readonly publicKey: PublicKey;
  readonly names: AltNames;
  readonly purposes: readonly Purpose[];
  readonly ca: Authority;
  readonly now: UnixSeconds;
  readonly validitySec: number;
}

function issue(request: Issue): Leaf {
  const { ca, now } = request;
  assertLive(ca, now);
  const issued = issueCertificate(bodyOf(request, Math.floor(now)), ca.signer);
  return { ...issued, chainPem: issued.pem, issuer: ca.issuer };
}

function bodyOf({ publicKey, names, purposes, ca, validitySec }: Issue, issuedAt: UnixSeconds): CertificateBody {
  if (!(validitySec >= 1)) throw new PkiError("ValidityRefused", "a validity below one second");
  const commonName = names.dns.find(fitsCommonName);
  return {
    subject: nameOf(commonName),
    publicKey,
    notBefore: issuedAt - clockSkewSec,
    notAfter: Math.min(issuedAt + Math.floor(validitySec), ca.notAfter),
    extensions: [
      basicConstraints(false),
      keyUsage(usagesOf(publicKey.algorithm)),
      extendedKeyUsage(purposes),
      subjectKeyId(keyIdOf(publicKey)),
      ...(ca.keyId ? [authorityKeyId(ca.keyId)] : []),
      subjectAltName(names, commonName === undefined ? "critical" : undefined),
    ],
  };
}

function usagesOf(key: KeyAlgorithm): readonly KeyUsage[] {
  return key.kind === "rsa" ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"];
}
