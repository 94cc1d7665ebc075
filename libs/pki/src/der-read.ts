import forge from "node-forge";
import type { DerNode } from "./der.ts";
import { guarded, PkiError } from "./error.ts";

const { Class, Type } = forge.asn1;

/** What stands inside a SEQUENCE, a SET or an explicit tag. @throws PkiError when it holds plain bytes. */
export function childrenOf(node: DerNode): readonly DerNode[] {
  if (typeof node.value === "string") throw misshapen();
  return node.value;
}

/** @throws PkiError when there is no such child. */
export function childOf(node: DerNode, index: number): DerNode {
  const child = childrenOf(node)[index];
  if (!child) throw misshapen();
  return child;
}

export function bytesOf(node: DerNode): Uint8Array {
  return Buffer.from(textOf(node), "latin1");
}

/** Plain bytes, one character a byte. @throws PkiError when it holds other values. */
export function textOf(node: DerNode): string {
  if (typeof node.value !== "string") throw misshapen();
  return node.value;
}

/** Dotted form. @throws PkiError when the value is no OBJECT IDENTIFIER. */
export function oidOf(node: DerNode): string {
  if (!isUniversal(node, Type.OID)) throw misshapen();
  return guarded("Unreadable", "not an object identifier", () => forge.asn1.derToOid(textOf(node)));
}

/** The octets of a BIT STRING. @throws PkiError when it is none, or does not end with a whole octet. */
export function bitsOf(node: DerNode): Uint8Array {
  const bytes = bytesOf(node);
  if (!isUniversal(node, Type.BITSTRING) || bytes[0] !== 0) throw misshapen();
  return bytes.subarray(1);
}

export function isSequence(node: DerNode): boolean {
  return isUniversal(node, Type.SEQUENCE);
}

export function isUtcTime(node: DerNode): boolean {
  return isUniversal(node, Type.UTCTIME);
}

export function isBoolean(node: DerNode | undefined): boolean {
  return node !== undefined && isUniversal(node, Type.BOOLEAN);
}

/** The number of a context-specific tag; undefined for a value that has a type of its own. */
export function tagOf(node: DerNode): number | undefined {
  return node.tagClass === Class.CONTEXT_SPECIFIC ? node.type : undefined;
}

/**
 * The first value inside a SEQUENCE, as it stands in the bytes: what its signature was made over.
 * The bytes must have been read by `parseDer`.
 */
export function firstInside(der: Uint8Array): Uint8Array {
  const start = headerLength(der, 0);
  return der.subarray(start, start + headerLength(der, start) + contentLength(der, start));
}

function headerLength(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}

function contentLength(der: Uint8Array, at: number): number {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return first;
  const bytes = der.subarray(at + 2, at + headerLength(der, at));
  return bytes.reduce((length, byte) => length * 256 + byte, 0);
}

function isUniversal(node: DerNode, type: forge.asn1.Type): boolean {
  return node.tagClass === Class.UNIVERSAL && node.type === type;
}

function misshapen(): PkiError {
  return new PkiError("Unreadable", "DER of another shape than its standard asks for");
}
