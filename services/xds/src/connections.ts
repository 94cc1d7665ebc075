import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { systemClock, type Clock } from "@osm/runtime";

/** The connections of a server, each of which can be ended by itself. */
export interface Connections extends Disposable {
  /** One more, that speaks HTTP/2 over this socket. */
  add(session: ServerHttp2Session, socket: Socket): void;
  /** Tells the client at this address to open what it opens next elsewhere (GOAWAY). What is open may go on for a moment. */
  sendOff(peer: string): void;
}

const graceMs = 5000;
/** Who opens a connection and asks for nothing is no sidecar. */
const longestIdleMs = 30_000;
/** A connection has this long to give a sign of life when it is asked for one. */
const roundMs = 10_000;
const roundsBetween = 3;
/** Where this process itself stood still, signs of life may lie unread. */
const latestRoundMs = 1000;

interface Seat {
  readonly session: ServerHttp2Session;
  readonly socket: Socket;
}

export function createConnections({ now, schedule }: Clock = systemClock): Connections {
  const seated = new Map<string, Seat>();
  const silent = new Set<Seat>();
  let [rounds, due, cancel] = [0, 0, () => {}];

  const forget = (peer: string, seat: Seat) => {
    silent.delete(seat);
    if (seated.get(peer) === seat) seated.delete(peer);
  };
  /** A session that was closed waits for its client to close the socket, or to read what is left: not for ever. */
  const end = (peer: string, seat: Seat) => {
    forget(peer, seat);
    seat.session.close();
    schedule(graceMs, () => cut(peer, seat));
  };
  const cut = (peer: string, seat: Seat) => {
    forget(peer, seat);
    seat.session.destroy();
    seat.socket.destroy();
  };
  const ask = (seat: Seat) => {
    if (seat.session.destroyed || seat.session.closed) return;
    silent.add(seat);
    seat.session.ping(() => void silent.delete(seat));
  };
  const round = () => {
    if (now() - due < latestRoundMs) for (const seat of silent) cut(peerOf(seat.socket), seat);
    if (rounds++ % roundsBetween === 0) for (const seat of seated.values()) ask(seat);
    again();
  };
  const again = () => {
    due = now() + roundMs;
    cancel = schedule(roundMs, round);
  };
  again();
  return {
    add: (session, socket) => {
      const [peer, seat] = [peerOf(socket), { session, socket }];
      seated.set(peer, seat);
      whenIdle(session, schedule, () => end(peer, seat));
      for (const over of ["close", "error"]) socket.once(over, () => forget(peer, seat));
    },
    sendOff: (peer) => {
      const seat = seated.get(peer);
      if (seat) end(peer, seat);
    },
    [Symbol.dispose]: () => {
      cancel();
      for (const { session } of seated.values()) session.destroy();
    },
  };
}

function whenIdle(session: ServerHttp2Session, schedule: Clock["schedule"], then: () => void): void {
  const wait = () => schedule(longestIdleMs, then);
  let [open, cancel] = [0, wait()];
  session.on("stream", (stream) => {
    open++;
    cancel();
    stream.once("close", () => {
      if (--open === 0 && !session.destroyed) cancel = wait();
    });
  });
  session.once("close", () => cancel());
}

/** What a connection is known by. */
export function peerOf({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress ?? "gone"}:${remotePort ?? 0}`;
}
