// A client without a sidecar, but with a certificate of the mesh: speaks mTLS straight to a server's sidecar.
// Input: {"host","port","alpn","serverName","certificate","key","roots","path"}; output: {"answer"}
import { connect } from "node:tls";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { host, port, alpn, serverName, certificate, key, roots, path } = JSON.parse(text);

const socket = connect({ host, port, servername: serverName, ALPNProtocols: [alpn], cert: certificate, key, ca: roots, checkServerIdentity: () => undefined });
let received = "";
const say = (answer) => {
  process.stdout.write(JSON.stringify({ answer }));
  process.exit(0);
};
socket.on("secureConnect", () => socket.write(`GET ${path} HTTP/1.1\r\nhost: ${serverName}\r\nconnection: close\r\n\r\n`));
socket.on("data", (chunk) => (received += chunk));
socket.on("end", () => say(received.split("\r\n")[0] || "closed"));
socket.on("error", (error) => say(error.code ?? error.message));
socket.setTimeout(10_000, () => say("TIMEOUT"));
