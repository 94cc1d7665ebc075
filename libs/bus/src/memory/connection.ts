import type { Clock, Log } from "@osm/runtime";
import { BusError } from "../bus.ts";
import type { Calls } from "./calls.ts";
import type { Stream } from "./stream.ts";
import type { Faults, Subscription } from "./subscription.ts";

/** What all connections share, as clients share a server. */
export interface Server {
  readonly stream: Stream;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: Faults;
  readonly heartbeatMs: number;
}

/** One client's line to the server, and what hangs on it. */
export interface Connection {
  isOnline: boolean;
  /** Aborts when the connection is disposed; the reason is the error to throw. */
  readonly closed: AbortController;
  readonly subscriptions: Set<Subscription>;
  readonly responders: Set<AsyncDisposable>;
}

export function createConnection(): Connection {
  return { isOnline: true, closed: new AbortController(), subscriptions: new Set(), responders: new Set() };
}

/** @throws BusError `Unavailable` */
export function checkOnline({ isOnline, closed }: Connection): void {
  closed.signal.throwIfAborted();
  if (!isOnline) throw new BusError("Unavailable", "the bus cannot be reached");
}

export function disconnect(connection: Connection): void {
  connection.isOnline = false;
  for (const subscription of connection.subscriptions) subscription.disconnect();
}

export function reconnect(connection: Connection): void {
  connection.isOnline = true;
  for (const subscription of connection.subscriptions) subscription.reconnect();
}

/** Ends watches and calls at once, and responders after what is under way. */
export async function close(connection: Connection): Promise<void> {
  connection.closed.abort(new BusError("Unavailable", "the bus was closed"));
  await Promise.all([...connection.responders].map((responder) => responder[Symbol.asyncDispose]()));
}
