import { once } from "node:events";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2, constants } from "node:http2";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type Server as TcpServer } from "node:net";

export interface App extends AsyncDisposable {
  readonly port: number;
  /** What it was asked for, as `GET /path host x-who`. */
  readonly asked: readonly string[];
}

/** Answers 200 on the paths, 500 on others. */
export function httpApp(paths: readonly string[], tls?: { readonly cert: string; readonly key: string }): Promise<App> {
  const asked: string[] = [];
  const answer: RequestListener = ({ method, url = "", headers }, response) => {
    asked.push(`${method} ${url} ${headers.host} ${String(headers["x-who"])}`);
    response.writeHead(paths.includes(url) ? 200 : 500).end("said by the app");
  };
  const server: Server = tls ? createHttps({ ...tls }, answer) : createHttp(answer);
  return listening(server, asked);
}

/** Takes connections and says nothing. */
export function tcpApp(port = 0): Promise<App> {
  return listening(createTcp((socket) => void socket.on("error", () => {}).resume()), [], port);
}

/** Speaks grpc.health.v1: one service serves, others do not. */
export function grpcApp(service: string): Promise<App> {
  const asked: string[] = [];
  const server = createHttp2();
  server.on("stream", (stream, headers) => {
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => {
      asked.push(String(headers[constants.HTTP2_HEADER_PATH]));
      const serves = Buffer.concat(pieces).subarray(5).includes(service);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      // HealthCheckResponse { status: SERVING = 1, NOT_SERVING = 2 } behind the five bytes of a gRPC frame.
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serves ? 1 : 2]));
    });
  });
  return listening(server, asked);
}

async function listening(server: TcpServer, asked: readonly string[], port = 0): Promise<App> {
  const sockets = new Set<{ destroy: () => unknown }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const end = async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: address.port, asked, [Symbol.asyncDispose]: end };
}
