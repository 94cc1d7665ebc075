import { z } from "zod";

// Sizes that no honest object reaches. Kubernetes itself stops at 1.5 MB an object (etcd's request limit).

/** A name of a Kubernetes object or account (RFC 1123 subdomain). */
export const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
/** A label key or value, an annotation key, a port name. */
export const shortText = z.string().max(512);
export const labels = z.record(shortText, z.string().max(4096)).prefault({});
export const port = z.int().min(1).max(65_535);

/** A list that may be absent or null, as Kubernetes writes an empty one. */
export function listOf<T extends z.ZodType>(item: T, most: number) {
  return z.array(item).max(most).nullish().transform((list) => list ?? []);
}
