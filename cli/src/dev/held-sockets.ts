import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";

/** Published by Node for each connection that a server of this process takes. */
const channel = "net.server.socket";

/**
 * Connections that one of this process's servers has taken. A closed HTTP/2 session waits for its peer to end the connection
 * too, and a peer whose network is gone never does: disposing ends what is left.
 */
export function holdSockets(isOurs: (socket: Socket) => boolean): Disposable {
  const held = new Set<Socket>();
  const take = (message: unknown) => {
    const socket = socketIn(message);
    if (!socket || !isOurs(socket)) return;
    held.add(socket);
    socket.once("close", () => held.delete(socket));
  };
  subscribe(channel, take);
  return {
    [Symbol.dispose]: () => {
      unsubscribe(channel, take);
      for (const socket of held) socket.destroy();
    },
  };
}

function socketIn(message: unknown): Socket | undefined {
  const socket: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "socket") : undefined;
  return socket instanceof Socket ? socket : undefined;
}
