import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { join } from "node:path";

export interface Keypair {
  readonly key: string;
  readonly cert: string;
}

/** A root that is its own server certificate. */
export function selfSigned(dir: string, { name, serverName }: { readonly name: string; readonly serverName: string }): Keypair {
  const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
  execFileSync("openssl", [...request, "-addext", `subjectAltName=DNS:${serverName}`, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

export interface OpenedStream {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Ends the stream as a server does that goes away. */
  readonly drop: () => void;
}

export interface StreamServer extends AsyncDisposable {
  readonly port: number;
  readonly next: () => Promise<OpenedStream>;
  readonly present: (keypair: Keypair) => void;
}

/** Takes gRPC streams over TLS and answers none: what a client says on opening one is all that is looked at. */
export async function openStreamServer(keypair: Keypair): Promise<StreamServer> {
  const server = createSecureServer(keypair);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session.on("error", () => undefined).on("close", () => sessions.delete(session))));
  const streams: OpenedStream[] = [];
  server.on("stream", (stream, headers) => {
    streams.push(opened(stream, headers));
    server.emit("opened");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const next = async (): Promise<OpenedStream> => {
    for (;;) {
      const stream = streams.shift();
      if (stream !== undefined) return stream;
      await once(server, "opened");
    }
  };
  const close = async (): Promise<void> => {
    server.close();
    for (const session of sessions) session.destroy();
    await once(server, "close");
  };
  return { port: address.port, next, present: (other) => server.setSecureContext(other), [Symbol.asyncDispose]: close };
}

function opened(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): OpenedStream {
  stream.on("error", () => undefined).resume();
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
  return { path: headers[":path"], headers, drop: () => stream.session?.destroy() };
}
