import forge from "node-forge";
import { guarded } from "./error.ts";

declare module "node-forge" {
  namespace asn1 {
    interface FromDerOptions {
      readonly strict: boolean;
      readonly parseAllBytes: boolean;
      readonly decodeBitStrings: boolean;
      readonly maxDepth: number;
    }
    // The package's own types leave this form out.
    function fromDer(bytes: Bytes, options: FromDerOptions): Asn1;
  }
}

const { Class, Type } = forge.asn1;
export type DerNode = forge.asn1.Asn1;

const maxDepth = 16;

/** Reads exactly one DER value that fills the bytes. @throws PkiError `Unreadable` */
export function parseDer(bytes: Uint8Array): DerNode {
  // A fresh object each time: the parser writes into its options. Bit strings stay bytes, or a key that looks like ASN.1 is re-read.
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false, maxDepth };
  return guarded("Unreadable", "not DER", () => forge.asn1.fromDer(binaryText(bytes), options));
}

export function derBytes(node: DerNode): Uint8Array {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), "latin1");
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function sequence(...children: readonly DerNode[]): DerNode {
  return forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...children]);
}

export function set(...children: readonly DerNode[]): DerNode {
  return forge.asn1.create(Class.UNIVERSAL, Type.SET, true, [...children]);
}

export function oid(dotted: string): DerNode {
  return primitive(Type.OID, forge.asn1.oidToDer(dotted).getBytes());
}

/** An INTEGER of big-endian bytes whose first bit is clear. */
export function integer(...bytes: readonly number[]): DerNode {
  return primitive(Type.INTEGER, String.fromCharCode(...bytes));
}

export function boolean(value: boolean): DerNode {
  return primitive(Type.BOOLEAN, value ? "\u00ff" : "\u0000");
}

export function nothing(): DerNode {
  return primitive(Type.NULL, "");
}

export function utf8Text(text: string): DerNode {
  return primitive(Type.UTF8, binaryText(Buffer.from(text, "utf8")));
}

export function octets(bytes: Uint8Array): DerNode {
  return primitive(Type.OCTETSTRING, binaryText(bytes));
}

/** A BIT STRING of whole octets, or one that ends in unused bits. */
export function bits(bytes: Uint8Array, unused = 0): DerNode {
  return primitive(Type.BITSTRING, String.fromCharCode(unused) + binaryText(bytes));
}

export function utcTime(text: string): DerNode {
  return primitive(Type.UTCTIME, text);
}

export function generalizedTime(text: string): DerNode {
  return primitive(Type.GENERALIZEDTIME, text);
}

/** `[tag]` around other values. */
export function tagged(tag: number, ...children: readonly DerNode[]): DerNode {
  return forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [...children]);
}

/** `[tag]` in the place of a primitive value's own tag. */
export function taggedBytes(tag: number, bytes: Uint8Array): DerNode {
  return forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, false, binaryText(bytes));
}

function primitive(type: forge.asn1.Type, value: string): DerNode {
  return forge.asn1.create(Class.UNIVERSAL, type, false, value);
}

/** Bytes as the toolkit wants them: one character a byte. */
function binaryText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
