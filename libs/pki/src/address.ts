import { z } from "zod";
import { PkiError } from "./error.ts";

/** The octets of an IPv4 or IPv6 address. @throws PkiError when it is none. */
export function addressBytes(address: string): Uint8Array {
  if (z.ipv4().safeParse(address).success) return Uint8Array.from(address.split("."), Number);
  if (z.ipv6().safeParse(address).success && !address.includes(".")) return ipv6Bytes(address);
  throw new PkiError("NameRefused", "not an IP address");
}

/** The address as it is usually written; IPv6 in eight groups. @throws PkiError when there are not 4 or 16 octets. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new PkiError("Unreadable", "an IP address of neither 4 nor 16 octets");
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(":");
}

/** `::` stands for as many zero groups as are missing. */
function ipv6Bytes(address: string): Uint8Array {
  const [head = "", tail] = address.split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
