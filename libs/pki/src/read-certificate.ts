import { digestOf, type Digest } from "@osm/model";
import { addressText } from "./address.ts";
import { timeOf, type UnixSeconds } from "./civil-time.ts";
import type { PublicKey } from "./crypto.ts";
import { bytesOf, childOf, childrenOf, isBoolean, isSequence, isUtcTime, oidOf, parseDer, tagOf, textOf, type DerNode } from "./der-read.ts";
import { oidKey, sameBytes, type Der } from "./der.ts";
import { PkiError } from "./error.ts";
import { extensionIds, nameTags, usageBits, type AltNames, type KeyUsage } from "./extensions.ts";
import { certificateDer } from "./pem.ts";

/** What a certificate says. Nothing of it is proved by reading: whether it is believed is its verifier's affair. */
export interface Certificate extends AltNames {
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  readonly isCa: boolean;
  /** Hex, as in the audit log. */
  readonly serial: string;
  /** SubjectPublicKeyInfo, DER, as it stands there. */
  readonly spki: Uint8Array;
  /** Of the whole certificate's DER: the issuer digest of what it signs. */
  readonly digest: Digest;
  /** Hex; undefined where the certificate has none. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** Undefined where the certificate leaves it open. */
  readonly keyUsages: readonly KeyUsage[] | undefined;
  readonly subject: Der;
  readonly issuer: Der;
}

const largestCertificate = 16_384;

/** @throws PkiError unless the text is exactly one X.509 v3 certificate. Its key may be of any kind. */
export function readCertificate(pem: string): Certificate {
  const der = certificateDer(pem);
  if (der.length > largestCertificate) throw new PkiError("TooLarge", "a certificate of more than 16 KiB");
  const body = childOf(parseDer(der), 0);
  if (tagOf(childOf(body, 0)) !== 0) throw new PkiError("Unreadable", "not an X.509 certificate of version 3");
  const validity = childOf(body, 4);
  return {
    serial: Buffer.from(bytesOf(childOf(body, 1))).toString("hex"),
    issuer: childOf(body, 3).der,
    notBefore: timeIn(childOf(validity, 0)),
    notAfter: timeIn(childOf(validity, 1)),
    subject: childOf(body, 5).der,
    spki: childOf(body, 6).der,
    digest: digestOf(der),
    ...readExtensions(body),
  };
}

/** True when the certificate vouches for this key. */
export function isOf({ spki }: Certificate, key: PublicKey): boolean {
  return sameBytes(spki, key.spki);
}

/** Digest of an issuer's certificate: how identities and trust bundles name who signs. @throws PkiError */
export function issuerDigest(certPem: string): Digest {
  return digestOf(certificateDer(certPem));
}

type Extensions = Pick<Certificate, keyof AltNames | "isCa" | "subjectKeyId" | "authorityKeyId" | "keyUsages">;

function readExtensions(body: DerNode): Extensions {
  const all = extensionsIn(body);
  const valueOf = (name: keyof typeof extensionIds) => all.get(oidKey(extensionIds[name]));
  const constraints = valueOf("basicConstraints");
  const subjectKey = valueOf("subjectKeyId");
  const authority = valueOf("authorityKeyId");
  const usage = valueOf("keyUsage");
  const keyInAuthority = authority && childrenOf(authority).find((part) => tagOf(part) === 0);
  return {
    isCa: constraints !== undefined && saysCa(constraints),
    subjectKeyId: subjectKey && hexIn(subjectKey),
    authorityKeyId: keyInAuthority && hexIn(keyInAuthority),
    keyUsages: usage && usagesIn(usage),
    ...altNamesIn(valueOf("subjectAltName")),
  };
}

function extensionsIn(body: DerNode): ReadonlyMap<string, DerNode> {
  const wrapper = childrenOf(body).find((part) => tagOf(part) === 3);
  const list = wrapper ? childrenOf(childOf(wrapper, 0)) : [];
  return new Map(list.map((extension) => [oidOf(childOf(extension, 0)), parseDer(valueBytes(extension))]));
}

/** The value is last; whether it is critical may stand before it. */
function valueBytes(extension: DerNode): Uint8Array {
  return bytesOf(childOf(extension, childrenOf(extension).length - 1));
}

function saysCa(constraints: DerNode): boolean {
  const [first] = isSequence(constraints) ? childrenOf(constraints) : [];
  return first !== undefined && isBoolean(first) && textOf(first) !== "\u0000";
}

function usagesIn(usage: DerNode): readonly KeyUsage[] {
  const octet = bytesOf(usage)[1] ?? 0;
  const known = ["digitalSignature", "keyEncipherment", "keyCertSign", "crlSign"] as const satisfies readonly KeyUsage[];
  return known.filter((name) => (octet & (0x80 >> usageBits[name])) !== 0);
}

function altNamesIn(names: DerNode | undefined): AltNames {
  const all = names ? childrenOf(names) : [];
  const withTag = (tag: number) => all.filter((name) => tagOf(name) === tag);
  return {
    uris: withTag(nameTags.uri).map(textOf),
    dns: withTag(nameTags.dns).map(textOf),
    ips: withTag(nameTags.ip).map((name) => addressText(bytesOf(name))),
  };
}

function timeIn(node: DerNode): UnixSeconds {
  const text = textOf(node);
  if (!isUtcTime(node)) return timeOf(text);
  // RFC 5280: from 50 on it is the last century.
  return timeOf(`${text.slice(0, 2) >= "50" ? "19" : "20"}${text}`);
}

function hexIn(node: DerNode): string {
  return Buffer.from(bytesOf(node)).toString("hex");
}
