import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What stands between proxies and the replicas: each connection goes to the next of them. */
export interface Balancer extends AsyncDisposable {
  readonly port: number;
  /** From now on. */
  use(...ports: readonly number[]): void;
}

export async function openBalancer(...ports: readonly number[]): Promise<Balancer> {
  let backends = ports;
  let taken = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((socket) => {
    const backend = keep(connect(backends[taken++ % backends.length] ?? 0, "127.0.0.1"));
    keep(socket).pipe(backend).pipe(socket);
    socket.once("close", () => backend.destroy());
    backend.once("close", () => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    use: (...next) => void (backends = next),
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
