import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A TCP relay on loopback. */
export interface Wire extends AsyncDisposable {
  readonly port: number;
  /** Connections made so far. */
  made(): number;
  /** Ends every connection; new ones may be made. */
  cut(): void;
  /** From now on nothing passes through the connections that there are, and nobody is told; new ones work. */
  deafen(): void;
  /** Refuses (ends at once) new connections, or takes them again. */
  refuse(refuses: boolean): void;
}

/** Relays to a port of this machine. */
export async function openWire(target: number): Promise<Wire> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isRefusing = false;
  let made = 0;
  const server = createServer((near) => {
    if (isRefusing) return void near.destroy();
    made += 1;
    const far = connect(target, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    near.pipe(far);
    far.pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const cut = () => {
    for (const [near, far] of pairs) for (const socket of [near, far]) socket.destroy();
  };
  return {
    port: address.port,
    made: () => made,
    cut,
    deafen: () => {
      for (const [near, far] of pairs) for (const socket of [near, far]) socket.unpipe().pause();
    },
    refuse: (refuses) => {
      isRefusing = refuses;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
