import { digestOf } from "@osm/model";
import { addressBytes } from "./address.ts";
import type { PublicKey } from "./crypto.ts";
import { bitsOf, childOf, parseDer } from "./der-read.ts";
import { bits, boolean, integer, octets, oid, sequence, taggedBytes, type Der } from "./der.ts";

/** Extensions of X.509 that this package writes and reads (RFC 5280 §4.2.1). */
export const extensionIds = {
  subjectKeyId: oid("2.5.29.14"),
  keyUsage: oid("2.5.29.15"),
  subjectAltName: oid("2.5.29.17"),
  basicConstraints: oid("2.5.29.19"),
  authorityKeyId: oid("2.5.29.35"),
  extendedKeyUsage: oid("2.5.29.37"),
} as const;

/** Tags of GeneralName. */
export const nameTags = { dns: 2, uri: 6, ip: 7 } as const;

const purposeIds = { serverAuth: oid("1.3.6.1.5.5.7.3.1"), clientAuth: oid("1.3.6.1.5.5.7.3.2") } as const;
export type Purpose = keyof typeof purposeIds;

/** Bit numbers of KeyUsage. */
export const usageBits = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, crlSign: 6 } as const;
export type KeyUsage = keyof typeof usageBits;

export interface AltNames {
  readonly uris: readonly string[];
  readonly dns: readonly string[];
  readonly ips: readonly string[];
}

/** A CA that may sign leaves only, or a leaf. */
export function basicConstraints(isCa: boolean): Der {
  return extension("basicConstraints", isCa ? sequence(boolean(true), integer(0)) : sequence(), "critical");
}

export function keyUsage(usages: readonly KeyUsage[]): Der {
  const numbers: readonly number[] = usages.map((usage) => usageBits[usage]);
  const octet = numbers.reduce((sum, number) => sum | (0x80 >> number), 0);
  return extension("keyUsage", bits(Uint8Array.of(octet), 7 - Math.max(...numbers)), "critical");
}

export function extendedKeyUsage(purposes: readonly Purpose[]): Der {
  return extension("extendedKeyUsage", sequence(...purposes.map((purpose) => purposeIds[purpose])));
}

/** Critical where there is no subject that could be read in its place. */
export function subjectAltName(names: AltNames, criticality?: "critical"): Der {
  const ascii = (tag: number) => (text: string) => taggedBytes(tag, Buffer.from(text, "latin1"));
  const all = [
    ...names.uris.map(ascii(nameTags.uri)),
    ...names.dns.map(ascii(nameTags.dns)),
    ...names.ips.map((address) => taggedBytes(nameTags.ip, addressBytes(address))),
  ];
  return extension("subjectAltName", sequence(...all), criticality);
}

export function subjectKeyId(id: Uint8Array): Der {
  return extension("subjectKeyId", octets(id));
}

export function authorityKeyId(id: Uint8Array): Der {
  return extension("authorityKeyId", sequence(taggedBytes(0, id)));
}

/** The first 160 bits of the SHA-256 of the key's bits (RFC 7093 §2, method 1). */
export function keyIdOf(key: PublicKey): Uint8Array {
  const keyBits = bitsOf(childOf(parseDer(key.spki), 1));
  return Buffer.from(digestOf(keyBits).slice(0, 40), "hex");
}

function extension(name: keyof typeof extensionIds, value: Der, criticality?: "critical"): Der {
  const content = octets(value);
  const id = extensionIds[name];
  return criticality ? sequence(id, boolean(true), content) : sequence(id, content);
}
