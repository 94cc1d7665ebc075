import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { systemClock } from "@osm/runtime";
import { peerOf } from "./connections.ts";
import { createTurnstile, type EndTurn } from "./turnstile.ts";

/** Why a connection was closed before anything was said on it. */
export type TurnedAway = "too-many-connections" | "too-busy" | "no-handshake";

export interface FrontDoorOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  /** What the server shows its proxies, PEM. */
  readonly tls: { readonly certificate: string; readonly key: string };
  readonly seat: (socket: TLSSocket) => void;
  readonly turnedAway: (why: TurnedAway) => void;
}

export interface FrontDoor extends AsyncDisposable {
  readonly port: number;
}

/** Far more than a replica is to carry; each costs a file descriptor and some 50 KB. */
const mostConnections = 10_000;
/** Nearly all of them wait for the other side. Far fewer, and a slow client's tries time out and are made again, to no end. */
const mostHandshakes = 1024;
const mostOfOneAddress = 768;
/** Who says little by little what is to be said at once holds up nobody else for longer than this. */
const longestTurnMs = 1000;
const longestHandshakeMs = 10_000;
/** A sidecar gives a connection up after 2 s (its cluster's `connect_timeout`): later is in vain, sooner tells it to come back. */
const longestWaitMs = 1200;

/**
 * Takes connections as fast as handshakes can be made without holding up who is connected. The rest waits unread; who cannot be
 * served in time is reset, which costs next to nothing, and comes back after its back-off.
 */
export async function openFrontDoor({ address, tls, seat, turnedAway }: FrontDoorOptions): Promise<FrontDoor> {
  const sockets = new Set<Socket>();
  const turnstile = createTurnstile({
    most: mostHandshakes, mostOfOne: mostOfOneAddress, mostWaiting: mostConnections, longestWaitMs, longestTurnMs, schedule: systemClock.schedule,
  });
  const handshakes = createTlsServer({ cert: tls.certificate, key: tls.key, ALPNCallback: spokenIn, minVersion: "TLSv1.2", handshakeTimeout: longestHandshakeMs });
  const turns = new Map<string, EndTurn>();
  handshakes.on("secureConnection", (socket) => {
    turns.get(peerOf(socket))?.();
    seat(socket);
  });
  handshakes.on("tlsClientError", (_error, socket) => {
    turnedAway("no-handshake");
    socket.destroy();
  });

  const refuse = (socket: Socket, why: TurnedAway) => {
    turnedAway(why);
    socket.resetAndDestroy();
  };
  const shakeHands = async (socket: Socket) => {
    const over = new AbortController();
    socket.once("close", () => over.abort());
    const end = await turnstile.enter(socket.remoteAddress ?? "", over.signal);
    if (over.signal.aborted) return end?.();
    if (!end) return refuse(socket, "too-busy");
    const peer = peerOf(socket);
    turns.set(peer, end);
    socket.once("close", () => {
      turns.delete(peer);
      end();
    });
    handshakes.emit("connection", socket);
  };
  const arrived = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    if (sockets.size > mostConnections) return refuse(socket, "too-many-connections");
    void shakeHands(socket);
  };
  const server = createServer({ pauseOnConnect: true, noDelay: true }, arrived);
  const port = await bound(server, address);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A list of protocols in its place is copied for each connection, and each copy of three bytes holds 64 KB of Node's pool for as long. */
function spokenIn({ protocols }: { readonly protocols: readonly string[] }): "h2" | undefined {
  return protocols.includes("h2") ? "h2" : undefined;
}

async function bound(server: Server, address: string): Promise<number> {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), Number(address.slice(colon + 1))];
  server.listen({ host, port });
  await once(server, "listening");
  const own = server.address();
  return typeof own === "object" && own ? own.port : port;
}
