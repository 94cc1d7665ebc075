import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { ServerCredentials, type Server } from "@grpc/grpc-js";

/** The connections of a server, each of which can be ended by itself. */
export interface Connections {
  /** Serves what comes on a socket whose handshake is done. */
  seat(socket: TLSSocket): void;
  /** Tells the client at this address to open what it opens next elsewhere (GOAWAY). What is open may go on for a moment. */
  sendOff(peer: string): void;
}

type Injector = ReturnType<Server["createConnectionInjector"]>;

const graceMs = 5000;

/** Encryption is ended before: one context of keys is enough for all of them. */
export function createConnections(server: Server): Connections {
  const seated = new Map<string, Injector>();
  return {
    seat: (socket) => {
      const peer = peerOf(socket);
      const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
      seated.set(peer, injector);
      socket.once("close", () => {
        if (seated.get(peer) === injector) seated.delete(peer);
        injector.destroy();
      });
      injector.injectConnection(socket);
    },
    sendOff: (peer) => seated.get(peer)?.drain(graceMs),
  };
}

/** As `getPeer` of a call has it. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? "gone"}:${remotePort ?? 0}`;
}
