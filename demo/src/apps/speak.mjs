// Speaks to a server in the protocol that is asked for, and tells what came back: {"answer":"..."}
import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";

const { HOST = "", PORT = "", AS = "" } = process.env;
const patienceMs = 10_000;
const say = (answer) => {
  process.stdout.write(JSON.stringify({ answer }));
  process.exit(0);
};
const fail = ({ code, message }) => say(code ?? message);
setTimeout(() => say("TIMEOUT"), patienceMs);

/** Says something, if there is something to say, and tells of the bytes that came once they are enough. */
function bytes(first, isEnough) {
  const socket = connect({ host: HOST, port: Number(PORT) }, () => first && socket.write(first));
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (isEnough(received)) say(received.toString("latin1"));
  });
  socket.on("error", fail);
  socket.on("close", () => say("closed"));
}

/** An HTTP/2 session without TLS and without an upgrade. */
function http2({ headers, body }, tell) {
  const session = connectHttp2(`http://${HOST}:${PORT}`);
  session.on("error", fail);
  const stream = session.request(headers, { endStream: false });
  const got = { status: 0, trailers: {}, body: Buffer.alloc(0) };
  stream.on("response", (response) => (got.status = response[":status"]));
  stream.on("trailers", (trailers) => (got.trailers = trailers));
  stream.on("data", (chunk) => (got.body = Buffer.concat([got.body, chunk])));
  stream.on("error", fail);
  stream.on("end", () => say(tell(got)));
  stream.end(body);
}

const protocols = {
  "http/1.1": () => {
    const outgoing = httpRequest({ host: HOST, port: Number(PORT), path: "/" }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk)).on("end", () => say(`${response.statusCode} ${body}`));
    });
    outgoing.on("error", fail).end();
  },
  h2c: () => http2({ headers: { ":method": "GET", ":path": "/", ":authority": HOST }, body: "" }, ({ status, body }) => `${status} ${body}`),
  grpc: () => {
    const headers = { ":method": "POST", ":path": "/shop.Till/Sell", ":authority": HOST, "content-type": "application/grpc", te: "trailers" };
    const message = Buffer.from([0, 0, 0, 0, 4, 1, 2, 3, 255]);
    http2({ headers, body: message }, ({ status, trailers, body }) => `${status} ${body.toString("hex")} grpc-status ${trailers["grpc-status"]}`);
  },
  websocket: () => {
    const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
    const outgoing = httpRequest({ host: HOST, port: Number(PORT), path: "/chat", headers });
    outgoing.on("upgrade", (response, socket) => {
      socket.write("over the socket");
      socket.once("data", (chunk) => say(`${response.statusCode} ${chunk.toString()}`));
    });
    outgoing.on("response", ({ statusCode }) => say(`${statusCode}`));
    outgoing.on("error", fail).end();
  },
  binary: () => bytes(Buffer.from([0, 1, 254, 255, 10]), (received) => received.includes(10)),
  "server-first": () => bytes("", (received) => received.includes(10)),
};

protocols[AS]();
