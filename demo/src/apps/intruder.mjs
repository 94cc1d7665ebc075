// A client with a certificate of the mesh and no sidecar tries doors: it opens TLS to each, says something or waits to be spoken to, and tells what came back.
// Input: {"certificate","key","roots","serverName","tries":[{"host","port","alpn":["osm"],"say":"..."}]}; output: {"answers":["...", ...]},
// for each try the first line that came, "closed", or the code of the error.
import { connect } from "node:tls";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { certificate, key, roots, serverName, tries } = JSON.parse(text);
const atOnce = 8;
const patienceMs = 10_000;

function attempt({ host, port, alpn, say }) {
  return new Promise((resolve) => {
    const protocols = alpn.length > 0 ? { ALPNProtocols: alpn } : {};
    const socket = connect({ host, port, servername: serverName, ...protocols, cert: certificate, key, ca: roots, checkServerIdentity: () => undefined });
    let received = "";
    const end = (answer) => {
      resolve(answer);
      socket.destroy();
    };
    socket.on("secureConnect", () => say !== "" && socket.write(say));
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      if (received.includes("\n")) end(received.split(/\r?\n/)[0]);
    });
    socket.on("end", () => end(received || "closed"));
    socket.on("error", ({ code }) => end(received || (code ?? "broken")));
    socket.setTimeout(patienceMs, () => end("TIMEOUT"));
  });
}

const answers = [];
for (let at = 0; at < tries.length; at += atOnce) answers.push(...(await Promise.all(tries.slice(at, at + atOnce).map(attempt))));
process.stdout.write(JSON.stringify({ answers }));
process.exit(0);
