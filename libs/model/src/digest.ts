import { createHash } from "node:crypto";
import { compareCodePoints } from "./order.ts";

declare const digestBrand: unique symbol;
/** SHA-256 in lower-case hex. The version of everything that has one (design: versions are contents). */
export type Digest = string & { readonly [digestBrand]: true };

/** Digest of bytes, or of a text's UTF-8. */
export function digestOf(content: Uint8Array | string): Digest {
  return createHash("sha256").update(content).digest("hex") as Digest;
}

/** Digest of a JSON value; the order of object keys does not matter, that of lists does. */
export function digestOfJson(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}

/** @throws TypeError when the text is no digest. */
export function parseDigest(text: string): Digest {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new TypeError("not a digest");
  return text as Digest;
}

/** JSON with object keys in code-point order, and keys whose value is undefined left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isPlainObject(inner) ? sortedKeys(inner) : inner));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortedKeys(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => compareCodePoints(a, b)));
}
