// A server that answers in whatever protocol it is spoken to: HTTP/1.1, WebSocket, HTTP/2 without TLS, gRPC's framing of it,
// and lines, which it gives back behind its own name. On ports of GREETING it speaks first. It remembers who said what:
// GET /heard on CONTROL answers [{"port","said"}], the first bytes of each connection and each
// request of HTTP/1.1; where it speaks first, an empty text for each connection, and all that came after.
import { createHash } from "node:crypto";
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { connect, createServer as createTcp } from "node:net";
import { createInterface } from "node:readline";

const { NAME = "polyglot", PORTS = "8080", GREETING = "", CONTROL = "9999" } = process.env;
const webSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const heard = [];

// A connection of HTTP has many requests, so each is remembered.
const http1 = createHttp(({ method, url, socket }, response) => {
  heard.push({ port: socket.localPort, said: `${method} ${url} HTTP/1.1` });
  response.setHeader("name", NAME).end(NAME);
});
http1.keepAliveTimeout = 60_000;
http1.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${webSocketGuid}`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`);
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
});

const http2 = createHttp2();
http2.on("sessionError", () => undefined);
http2.on("stream", (stream, headers) => {
  stream.on("error", () => undefined);
  if (headers["content-type"]?.startsWith("application/grpc")) return answerGrpc(stream);
  stream.respond({ ":status": 200, name: NAME });
  stream.end(NAME);
});

/** Gives each message back; how it went stands in the trailers, as gRPC has it. */
function answerGrpc(stream) {
  stream.respond({ ":status": 200, "content-type": "application/grpc", name: NAME }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.pipe(stream);
}

function serve(socket, port) {
  socket.on("error", () => socket.destroy());
  if (GREETING.split(",").includes(String(port))) {
    socket.write(`hello from ${NAME}\n`);
    heard.push({ port, said: "" });
    socket.on("data", (bytes) => heard.push({ port, said: bytes.toString("latin1").slice(0, 200) }));
    echo(socket);
    return;
  }
  socket.once("data", (first) => {
    socket.pause();
    heard.push({ port, said: first.toString("latin1").slice(0, 200) });
    socket.unshift(first);
    const text = first.toString("latin1");
    if (text.startsWith("PRI * HTTP/2")) handOn(socket);
    else if (/^[A-Z]+ \S+ HTTP\/1\.[01]\r\n/.test(text)) http1.emit("connection", socket);
    else echo(socket);
    socket.resume();
  });
}

/** Its server wants a connection from the first byte on, so it has one of its own. */
function handOn(socket) {
  const inner = connect(http2.address().port, "127.0.0.1");
  inner.on("error", () => socket.destroy());
  inner.on("close", () => socket.destroy());
  socket.on("close", () => inner.destroy());
  socket.pipe(inner).pipe(socket);
}

function echo(socket) {
  createInterface({ input: socket })
    .on("line", (line) => socket.writable && socket.write(`${NAME}:${line}\n`))
    .on("error", () => socket.destroy())
    .on("close", () => socket.end());
}

http2.listen(0, "127.0.0.1");
for (const port of PORTS.split(",").map(Number)) createTcp((socket) => serve(socket, port)).listen(port, "0.0.0.0");
createHttp((_request, response) => response.end(JSON.stringify(heard))).listen(Number(CONTROL), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
