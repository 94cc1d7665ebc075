import { z } from "zod";

// Sizes that no honest object reaches. Kubernetes itself stops at 1.5 MB an object (etcd's request limit).

/** A name of a Kubernetes object or account (RFC 1123 subdomain). */
export const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
/** A label key or value, an annotation key, a port name. */
export const shortText = z.string().max(512);
export const labels = z.record(shortText, z.string().max(4096)).nullish().transform((map) => map ?? {});
export const port = z.int().min(1).max(65_535);

/** A list that may be absent or null, as Kubernetes writes an empty one. */
export function listOf<T extends z.ZodType>(item: T, most: number) {
  return z.array(item).max(most).nullish().transform((list) => list ?? []);
}

/** A part of an object that may be absent or null: all that it may say then has its default. */
export function section<T extends z.ZodType>(part: T) {
  return z.preprocess((written) => written ?? {}, part);
}

/** An address in the one form that it has here, so that two ways to write it are one place: IPv6 as RFC 5952 has it. */
export const ipAddress = z.ipv4().or(z.ipv6().transform(canonicalIpv6));

/** IPv4 in an IPv6 address is IPv4 on the wire. */
function canonicalIpv6(address: string): string {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text) ?? [];
  if (high === undefined || low === undefined) return text;
  return [high, low].map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff]).join(".");
}
