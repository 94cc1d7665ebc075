import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A port of the loopback that leads to another one, until it is cut. */
export interface CuttableLine extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections and takes no new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

export async function cuttableLine(to: number): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  const join = (near: Socket): void => {
    const far = connect(to, "127.0.0.1");
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  };
  let server: Server | undefined = await listening(join, 0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  const cut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (closing === undefined) return;
    closing.close();
    await once(closing, "close");
  };
  return {
    port,
    cut,
    mend: async () => {
      server ??= await listening(join, port);
    },
    [Symbol.asyncDispose]: cut,
  };
}

async function listening(join: (near: Socket) => void, port: number): Promise<Server> {
  const server = createServer(join).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
