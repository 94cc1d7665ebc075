import { isConstructed, isContextual, oidKey, tags } from "./der.ts";
import { PkiError } from "./error.ts";

/** A value that was read. Its bytes are views of those that it was read from. */
export interface DerNode {
  /** The tag's octet: class, whether it holds other values, number. */
  readonly tag: number;
  /** All of it. */
  readonly der: Uint8Array;
  /** What it holds: `children` as bytes, where it has any. */
  readonly content: Uint8Array;
  /** Undefined for a value of plain bytes. */
  readonly children: readonly DerNode[] | undefined;
}

const maxDepth = 16;
/** What is read here is far shorter than this many octets of length can say. */
const mostLengthOctets = 3;

/**
 * Reads exactly one value that fills the bytes, and all that it holds. What has another spelling in DER is refused: lengths that
 * are longer than need be or left open, integers that are padded, strings in pieces.
 * @throws PkiError `Unreadable`
 */
export function parseDer(bytes: Uint8Array): DerNode {
  const node = nodeAt(bytes, 0, maxDepth);
  if (node.der.length !== bytes.length) throw notDer();
  return node;
}

/** What stands inside a SEQUENCE, a SET or an explicit tag. @throws PkiError when it holds plain bytes. */
export function childrenOf(node: DerNode): readonly DerNode[] {
  if (!node.children) throw misshapen();
  return node.children;
}

/** @throws PkiError when there is no such child. */
export function childOf(node: DerNode, index: number): DerNode {
  const child = childrenOf(node)[index];
  if (!child) throw misshapen();
  return child;
}

/** Plain bytes. @throws PkiError when it holds other values. */
export function bytesOf(node: DerNode): Uint8Array {
  if (node.children) throw misshapen();
  return node.content;
}

/** Plain bytes, one character a byte. @throws PkiError when it holds other values. */
export function textOf(node: DerNode): string {
  return Buffer.from(bytesOf(node)).toString("latin1");
}

/** What `oidKey` makes of this value. @throws PkiError when it is no OBJECT IDENTIFIER. */
export function oidOf(node: DerNode): string {
  if (node.tag !== tags.oid) throw misshapen();
  return oidKey(node.der);
}

/** The octets of a BIT STRING. @throws PkiError when it is none, or does not end with a whole octet. */
export function bitsOf(node: DerNode): Uint8Array {
  if (node.tag !== tags.bitString || node.content[0] !== 0) throw misshapen();
  return node.content.subarray(1);
}

export function isSequence(node: DerNode): boolean {
  return node.tag === tags.sequence;
}

export function isUtcTime(node: DerNode): boolean {
  return node.tag === tags.utcTime;
}

export function isBoolean(node: DerNode | undefined): boolean {
  return node?.tag === tags.boolean;
}

/** The number of a context-specific tag; undefined for a value that has a type of its own. */
export function tagOf(node: DerNode): number | undefined {
  return (node.tag & 0xc0) === isContextual ? node.tag & 0x1f : undefined;
}

function nodeAt(bytes: Uint8Array, at: number, depth: number): DerNode {
  const tag = bytes[at];
  if (tag === undefined || (tag & 0x1f) === 0x1f || depth === 0) throw notDer();
  const { from, length } = lengthAt(bytes, at + 1);
  if (from + length > bytes.length) throw notDer();
  const content = bytes.subarray(from, from + length);
  if (!isSpelledInDer(tag, content)) throw notDer();
  const children = (tag & isConstructed) === 0 ? undefined : nodesIn(content, depth - 1);
  return { tag, der: bytes.subarray(at, from + length), content, children };
}

function nodesIn(content: Uint8Array, depth: number): readonly DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < content.length; ) {
    const node = nodeAt(content, at, depth);
    nodes.push(node);
    at += node.der.length;
  }
  return nodes;
}

/** Where the content begins, and how long it is. */
function lengthAt(bytes: Uint8Array, at: number): { readonly from: number; readonly length: number } {
  const first = bytes[at] ?? 0x80;
  if (first < 0x80) return { from: at + 1, length: first };
  const from = at + 1 + (first & 0x7f);
  const octets = bytes.subarray(at + 1, from);
  const length = octets.reduce((sum, octet) => sum * 0x100 + octet, 0);
  const isShortest = octets.length > 1 ? (octets[0] ?? 0) > 0 : length >= 0x80;
  if (first > (0x80 | mostLengthOctets) || from > bytes.length || !isShortest) throw notDer();
  return { from, length };
}

/** Of the universal types SEQUENCE and SET hold other values, and no others do; an INTEGER has no octet that says nothing. */
function isSpelledInDer(tag: number, content: Uint8Array): boolean {
  const isUniversal = (tag & 0xc0) === 0;
  const isList = (tag | isConstructed) === tags.sequence || (tag | isConstructed) === tags.set;
  if (isUniversal && isList !== ((tag & isConstructed) !== 0)) return false;
  return tag !== tags.integer || isShortestInteger(content);
}

function isShortestInteger([first, second]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return first !== undefined;
  return second < 0x80 ? first !== 0 : first !== 0xff;
}

function notDer(): PkiError {
  return new PkiError("Unreadable", "not DER");
}

function misshapen(): PkiError {
  return new PkiError("Unreadable", "DER of another shape than its standard asks for");
}
