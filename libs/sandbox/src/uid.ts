import { createHash } from "node:crypto";

/** A uid in the form of a UUID that depends on the text alone: the same object has the same uid everywhere. */
export function uidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
