/** One value in DER, as it is written: a tag, a length, and what it holds. */
export type Der = Uint8Array;

/** Tags that this package writes and reads (X.690 §8.1.2), each in one octet. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Bits of a tag: it holds other values; its meaning is that of its place. */
export const [isConstructed, isContextual] = [0x20, 0x80];

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function sequence(...children: readonly Der[]): Der {
  return value(tags.sequence, children);
}

export function set(...children: readonly Der[]): Der {
  return value(tags.set, children);
}

/** An OBJECT IDENTIFIER of its dotted form. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return value(tags.oid, [Uint8Array.from([first * 40 + second, ...rest].flatMap(base128))]);
}

/** What an OBJECT IDENTIFIER is looked up by: all its bytes, so that no other spelling passes for it. */
export function oidKey(encoded: Der): string {
  return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength).toString("hex");
}

/** An INTEGER of big-endian bytes whose first bit is clear. */
export function integer(...bytes: readonly number[]): Der {
  return value(tags.integer, [Uint8Array.from(bytes)]);
}

export function boolean(is: boolean): Der {
  return value(tags.boolean, [Uint8Array.of(is ? 0xff : 0)]);
}

export function nothing(): Der {
  return value(tags.nothing, []);
}

export function utf8Text(text: string): Der {
  return value(tags.utf8, [Buffer.from(text, "utf8")]);
}

export function octets(bytes: Uint8Array): Der {
  return value(tags.octetString, [bytes]);
}

/** A BIT STRING of whole octets, or one that ends in unused bits. */
export function bits(bytes: Uint8Array, unused = 0): Der {
  return value(tags.bitString, [Uint8Array.of(unused), bytes]);
}

export function utcTime(text: string): Der {
  return value(tags.utcTime, [Buffer.from(text, "latin1")]);
}

export function generalizedTime(text: string): Der {
  return value(tags.generalizedTime, [Buffer.from(text, "latin1")]);
}

/** `[tag]` around other values. */
export function tagged(tag: number, ...children: readonly Der[]): Der {
  return value(isContextual | isConstructed | tag, children);
}

/** `[tag]` in the place of a primitive value's own tag. */
export function taggedBytes(tag: number, bytes: Uint8Array): Der {
  return value(isContextual | tag, [bytes]);
}

function value(tag: number, parts: readonly Uint8Array[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | base256(length).length, ...base256(length)];
  const whole = Buffer.allocUnsafe(head.length + length);
  whole.set(head);
  let at = head.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function base256(number: number): readonly number[] {
  return number < 0x100 ? [number] : [...base256(number >> 8), number & 0xff];
}

/** Seven bits an octet; all but the last have the eighth set. */
function base128(number: number): readonly number[] {
  return [...(number < 0x80 ? [] : base128(Math.floor(number / 0x80)).map((octet) => octet | 0x80)), number & 0x7f];
}
