import type { Bus, WatchEvent } from "../bus.ts";
import { checkHeaders, checkPayload, wholeSeconds } from "../limits.ts";
import { checkSubject, matcherOf } from "../subject.ts";
import { createBell } from "../bell.ts";
import { checkOnline, type Connection, type Server } from "./connection.ts";
import { copyOf, copyOfEntry, copyOfEvent } from "../copies.ts";
import { subscribe } from "./subscription.ts";

export function lastValues(server: Server, connection: Connection): Pick<Bus, "incarnation" | "publish" | "last" | "watch"> {
  const { stream } = server;
  return {
    incarnation: async () => {
      checkOnline(connection);
      return stream.incarnation();
    },
    publish: async (subject, bytes, { headers = {}, expectedSeq, ttlMs } = {}) => {
      checkSubject(subject);
      checkHeaders(headers);
      checkPayload(bytes);
      const lasting = ttlMs === undefined ? undefined : wholeSeconds(ttlMs) * 1000;
      checkOnline(connection);
      return stream.write({ subject, bytes: bytes && copyOf(bytes), headers: { ...headers }, expectedSeq, ttlMs: lasting });
    },
    last: async (subject) => {
      checkSubject(subject);
      checkOnline(connection);
      const entry = stream.entry(subject);
      return entry && copyOfEntry(entry);
    },
    watch: (filter, { signal }) => {
      const matches = matcherOf(filter);
      return read(server, connection, { matches, ended: AbortSignal.any([signal, connection.closed.signal]) });
    },
  };
}

interface Reading {
  readonly matches: (subject: string) => boolean;
  readonly ended: AbortSignal;
}

async function* read(server: Server, connection: Connection, { matches, ended }: Reading): AsyncGenerator<WatchEvent, void> {
  if (ended.aborted) return;
  const bell = createBell();
  ended.addEventListener("abort", bell.ring);
  const subscription = subscribe({ ...server, matches, isOnline: connection.isOnline, onArrival: bell.ring });
  connection.subscriptions.add(subscription);
  try {
    while (!ended.aborted) {
      const event = subscription.take();
      if (event === undefined) await bell.heard();
      else yield copyOfEvent(event);
    }
  } finally {
    connection.subscriptions.delete(subscription);
    subscription.close();
    ended.removeEventListener("abort", bell.ring);
  }
}
