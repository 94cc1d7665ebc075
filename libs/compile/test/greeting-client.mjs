// A client with a certificate of the mesh and no sidecar opens one connection of bytes and waits to be spoken to.
// First line of input: {"certificate","key","roots","host","port","version","session"}; each later line is sent as it is.
// Output, a line each: "heard ..." for what came, unasked or not; then "ended", whether a session was resumed, and one to resume.
import { createInterface } from "node:readline";
import { connect } from "node:tls";

const say = (event) => process.stdout.write(`${event}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { certificate, key, roots, host, port, version, session } = JSON.parse((await lines.next()).value);

const resumed = session ? { session: Buffer.from(session, "base64") } : {};
const socket = connect({
  host, port, cert: certificate, key, ca: roots, ALPNProtocols: ["osm-tcp"], minVersion: version, maxVersion: version, checkServerIdentity: () => undefined, ...resumed,
});
let ticket;
let isReused = false;
socket.on("session", (each) => (ticket = each));
socket.on("secureConnect", () => {
  ticket ??= socket.getSession();
  isReused = socket.isSessionReused();
});
socket.on("data", (bytes) => say(`heard ${bytes.toString("latin1").trim()}`));
// A refusal in the handshake is an error of TLS, and an end like any other.
socket.on("error", () => undefined);
socket.on("close", () => {
  say(`ended ${isReused} ${ticket?.toString("base64") ?? ""}`);
  process.exit(0);
});
for (let next = await lines.next(); !next.done; next = await lines.next()) socket.write(`${next.value}\n`);
socket.end();
