import { hash } from "node:crypto";
import { compareCodePoints } from "./order.ts";

declare const digestBrand: unique symbol;
/** SHA-256 in lower-case hex. The version of everything that has one (design: versions are contents). */
export type Digest = string & { readonly [digestBrand]: true };

/** Digest of bytes, or of a text's UTF-8. */
export function digestOf(content: Uint8Array | string): Digest {
  return hash("sha256", content, "hex") as Digest;
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

/**
 * JSON with object keys in code-point order, after those that are whole numbers, in theirs; keys whose value is undefined are
 * left out. Cheapest where they stand in that order already.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inKeyOrder(value));
}

/** The very same where all keys are in order, else a copy. */
function inKeyOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return listInKeyOrder(value);
  return "toJSON" in value && typeof value.toJSON === "function" ? inKeyOrder(value.toJSON()) : objectInKeyOrder(value);
}

function listInKeyOrder(list: readonly unknown[]): readonly unknown[] {
  const ordered = list.map(inKeyOrder);
  return ordered.every((item, at) => item === list[at]) ? list : ordered;
}

function objectInKeyOrder(value: object): object {
  const entries = Object.entries(value);
  let isSame = true;
  let last = "";
  for (const entry of entries) {
    const [key, inner] = entry;
    const ordered = inKeyOrder(inner);
    isSame &&= last <= key && ordered === inner;
    last = key;
    entry[1] = ordered;
  }
  return isSame ? value : Object.fromEntries(entries.sort(([a], [b]) => compareCodePoints(a, b)));
}
