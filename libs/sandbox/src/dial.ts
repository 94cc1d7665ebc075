import { request } from "node:http";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { PodNamespaces } from "./pod-namespaces.ts";

/** bash opens the connection and carries bytes both ways; it ends with the server's side. */
const relay = `exec 4<>"/dev/tcp/127.0.0.1/$0" || exit 1; cat <&0 >&4 & exec cat <&4`;
const root = 0;

/**
 * A connection to a port on the pod's loopback, which nothing outside the pod can reach. The relay's two pipes never close
 * at one moment: only the end of what is read ends the connection.
 */
export function dial(namespaces: PodNamespaces, port: number): Duplex {
  const { stdin, stdout } = namespaces.startPiped({ argv: ["bash", "-c", relay, `${port}`], env: {}, user: root });
  const connection = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk, _encoding, written) => void stdin.write(chunk, () => written()),
    final: (done) => void stdin.end(done),
    destroy: (error, done) => {
      stdin.destroy();
      stdout.destroy();
      done(error);
    },
  });
  stdin.on("error", () => undefined);
  stdout.on("data", (chunk) => void (connection.push(chunk) || stdout.pause()));
  stdout.on("end", () => connection.push(null));
  return connection;
}

export interface LoopbackRequest {
  readonly port: number;
  readonly method: string;
  readonly path: string;
}

/** A server that accepts and then says nothing is given up after this long. */
const patienceMs = 10_000;

/** The body of the answer, whatever its status. */
export async function fetchLoopback(namespaces: PodNamespaces, { port, method, path }: LoopbackRequest): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signal = AbortSignal.timeout(patienceMs);
  request({ method, path, host: "127.0.0.1", port, signal, createConnection: () => dial(namespaces, port) })
    .once("response", (response) => void text(response).then(resolve, reject))
    .once("error", reject)
    .end();
  return promise;
}
