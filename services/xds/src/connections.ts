import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { systemClock } from "@osm/runtime";

/** The connections of a server, each of which can be ended by itself. */
export interface Connections extends Disposable {
  /** One more, that speaks HTTP/2. */
  add(session: ServerHttp2Session): void;
  /** Tells the client at this address to open what it opens next elsewhere (GOAWAY). What is open may go on for a moment. */
  sendOff(peer: string): void;
}

const graceMs = 5000;
/** Who opens a connection and asks for nothing is no sidecar. */
const longestIdleMs = 30_000;
/** A connection has this long to give a sign of life when it is asked for one. */
const roundMs = 10_000;
const roundsBetween = 3;

export function createConnections(): Connections {
  const seated = new Map<string, ServerHttp2Session>();
  const silent = new Set<ServerHttp2Session>();
  let rounds = 0;
  const ask = (session: ServerHttp2Session) => {
    silent.add(session);
    session.ping(() => void silent.delete(session));
  };
  const round = () => {
    for (const session of silent) session.destroy();
    if (rounds++ % roundsBetween === 0) for (const session of seated.values()) ask(session);
    cancel = systemClock.schedule(roundMs, round);
  };
  let cancel = systemClock.schedule(roundMs, round);
  return {
    add: (session) => {
      const peer = peerOf(session.socket);
      seated.set(peer, session);
      closeWhenIdle(session);
      session.once("close", () => {
        silent.delete(session);
        if (seated.get(peer) === session) seated.delete(peer);
      });
    },
    sendOff: (peer) => {
      const session = seated.get(peer);
      session?.close();
      if (session) systemClock.schedule(graceMs, () => session.destroy());
    },
    [Symbol.dispose]: () => {
      cancel();
      for (const session of seated.values()) session.destroy();
    },
  };
}

function closeWhenIdle(session: ServerHttp2Session): void {
  const wait = () => systemClock.schedule(longestIdleMs, () => session.close());
  let [open, cancel] = [0, wait()];
  session.on("stream", (stream) => {
    open++;
    cancel();
    stream.once("close", () => {
      if (--open === 0) cancel = wait();
    });
  });
  session.once("close", () => cancel());
}

/** What a connection is known by. */
export function peerOf({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress ?? "gone"}:${remotePort ?? 0}`;
}
