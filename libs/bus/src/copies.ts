import type { Entry, WatchEvent } from "./bus.ts";

/** A copy that shares no memory; `slice` of a Buffer would. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

export function copyOfEntry({ subject, seq, bytes, headers }: Entry): Entry {
  return { subject, seq, bytes: bytes && copyOf(bytes), headers: { ...headers } };
}

export function copyOfEvent(event: WatchEvent): WatchEvent {
  return event.kind === "entry" ? { kind: "entry", entry: copyOfEntry(event.entry) } : event;
}
