// Stands in for an app that cannot be run here. Arguments: name, then ports. HTTP/1.1 and HTTP/2 without TLS are answered 200
// with who was asked what, all else is given back as it comes.
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { connect, createServer } from "node:net";

const [name = "", ...ports] = process.argv.slice(2);
const answer = (asked) => `${JSON.stringify({ pod: name, ...asked })}\n`;

const http1 = createHttp((request, response) => {
  request.resume();
  response.setHeader("content-type", "application/json");
  response.end(answer({ method: request.method, path: request.url, caller: request.headers["x-forwarded-client-cert"] }));
});
http1.keepAliveTimeout = 60_000;

const http2 = createHttp2();
http2.on("sessionError", () => undefined);
http2.on("stream", (stream, headers) => {
  stream.on("error", () => undefined);
  if (headers["content-type"]?.startsWith("application/grpc")) return answerGrpc(stream);
  stream.respond({ ":status": 200, "content-type": "application/json" });
  stream.end(answer({ method: headers[":method"], path: headers[":path"], caller: headers["x-forwarded-client-cert"] }));
});

/** Gives each message back; how it went is in the trailers. */
function answerGrpc(stream) {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.pipe(stream);
}

function serve(socket) {
  socket.on("error", () => socket.destroy());
  socket.once("data", (first) => {
    socket.pause();
    socket.unshift(first);
    const text = first.toString("latin1");
    if (text.startsWith("PRI * HTTP/2")) relay(socket);
    else if (/^[A-Z]+ \S+ HTTP\/1\.[01]\r\n/.test(text)) http1.emit("connection", socket);
    else socket.pipe(socket);
    socket.resume();
  });
}

/** Node's HTTP/2 wants a connection from its first byte on. */
function relay(socket) {
  const inner = connect(http2.address().port, "127.0.0.1");
  inner.on("error", () => socket.destroy());
  inner.on("close", () => socket.destroy());
  socket.on("close", () => inner.destroy());
  socket.pipe(inner).pipe(socket);
}

http2.listen(0, "127.0.0.1");
for (const port of new Set(ports)) createServer(serve).listen(Number(port), "0.0.0.0");
// A pod without a port has nothing to do but to be there.
const here = setInterval(() => undefined, 3_600_000);
process.on("SIGTERM", () => {
  clearInterval(here);
  process.exit(0);
});
