import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";

/** HTTP/2 frame by frame (RFC 9113 §4.1), with no library in between that would keep to the rules. */
export interface RawHttp2 extends AsyncDisposable {
  readonly socket: TLSSocket;
  /** @returns false when the server has hung up. Waits for room where the server does not read. */
  send(frames: Buffer): Promise<boolean>;
  readonly closed: Promise<void>;
}

export const frameTypes = { headers: 1, reset: 3, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 } as const;

export function frame(type: number, payload: Buffer = Buffer.alloc(0), { flags = 0, stream = 0 }: { readonly flags?: number; readonly stream?: number } = {}): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export async function openRaw(port: number, root: string, { reads = true }: { readonly reads?: boolean } = {}): Promise<RawHttp2> {
  const socket = connect({ host: "127.0.0.1", port, ca: root, servername: "localhost", ALPNProtocols: ["h2"] });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "secureConnect");
  if (reads) socket.resume();
  socket.write(preface);
  socket.write(frame(frameTypes.settings));
  return {
    socket,
    closed,
    send: async (frames) => {
      if (socket.destroyed) return false;
      if (!socket.write(frames)) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
      return !socket.destroyed;
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
}
