// Makes one call: ask.mjs METHOD URL. Says {"status"} or {"ended"}, and the start of what came back as {"text"}.
// tcp://HOST:PORT sends a line and waits for whatever comes first.
import { request } from "node:http";
import { connect } from "node:net";

const [method, target] = process.argv.slice(2);
const url = new URL(target);
const patienceMs = 10_000;
const longest = 400;
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));

function askHttp() {
  const outgoing = request(url, { method, agent: false, timeout: patienceMs }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece) => (text = `${text}${piece}`.slice(0, longest)));
    response.on("end", () => say({ status: response.statusCode, text }));
    response.on("error", (error) => say({ ended: error.code ?? "broken", text }));
  });
  outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
  outgoing.on("error", (error) => say({ ended: error.code ?? "failed", text: "" }));
  outgoing.end();
}

function askTcp() {
  const socket = connect({ host: url.hostname, port: Number(url.port), timeout: patienceMs });
  let reason = "CLOSED";
  socket.on("connect", () => socket.write("hello\n"));
  socket.on("data", (bytes) => say({ status: 0, text: bytes.toString("utf8").slice(0, longest) }));
  socket.on("timeout", () => socket.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
  socket.on("error", (error) => (reason = error.code ?? "broken"));
  socket.on("close", () => say({ ended: reason, text: "" }));
}

if (url.protocol === "tcp:") askTcp();
else askHttp();
