import { headers as emptyHeaders, type MsgHdrs } from "@nats-io/transport-node";
import type { Entry, Headers } from "../bus.ts";
import { copyOf } from "../copies.ts";

/** The server writes it beside a tombstone of a value whose time ran out; we, beside one that we write. */
const marker = "Nats-Marker-Reason";
const lifetime = "Nats-TTL";

export interface Stored {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
}

export function entryOf({ subject, seq, data, headers }: Stored): Entry {
  const isTombstone = headers?.has(marker) === true;
  return { subject, seq, bytes: isTombstone ? undefined : copyOf(data), headers: ownHeaders(headers) };
}

export function headersOf(headers: Headers): MsgHdrs {
  const written = emptyHeaders();
  for (const [key, value] of Object.entries(headers)) written.set(key, value);
  return written;
}

/** As the server would have written it: it adds no second one when the time of this one is over. */
export function tombstoneHeaders(headers: Headers, ttlMs: number): MsgHdrs {
  const written = headersOf(headers);
  written.set(marker, "Remove");
  written.set(lifetime, `${Math.ceil(ttlMs / 1000)}s`);
  return written;
}

/** Without what the client and the server say to each other. */
export function ownHeaders(headers: MsgHdrs | undefined): Headers {
  const own: Record<string, string> = {};
  for (const [key, [value = ""]] of headers ?? []) if (!/^nats-/i.test(key)) own[key] = value;
  return own;
}
