// Connections that stay: each says a line every EVERY_MS and wants it back before it says the next. Until its input ends.
// Says {"opened":n} when all have echoed once, then about each EVERY_MS {"fewest","ended"}: the lines of the connection with fewest,
// and how many have ended; at the end {"lines","ended","reasons","servers"}.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const { HOST = "", PORT = "", CONNECTIONS = "20", EVERY_MS = "50" } = process.env;
const connections = Array.from({ length: Number(CONNECTIONS) }, (_, index) => ({ index, lines: 0, ended: false, server: "" }));
const reasons = {};
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
let opened = false;

function open(connection) {
  const socket = connect({ host: HOST, port: Number(PORT), noDelay: true });
  const next = () => !socket.destroyed && socket.write(`${connection.index}.${connection.lines}\n`);
  let reason = "CLOSED";
  socket.on("connect", next);
  socket.on("error", (error) => (reason = error.code ?? "broken"));
  createInterface({ input: socket })
    .on("line", (line) => {
      const [server, text] = line.split(":");
      if (text !== `${connection.index}.${connection.lines}`) reason = "WRONG_LINE";
      connection.server = server;
      connection.lines++;
      setTimeout(next, Number(EVERY_MS));
    })
    .on("error", () => socket.destroy());
  socket.on("close", () => {
    connection.ended = true;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  });
}

function progress() {
  const living = connections.filter(({ ended }) => !ended);
  const ended = connections.length - living.length;
  if (!opened && living.every(({ lines }) => lines > 0)) {
    say({ opened: living.length });
    opened = true;
  }
  if (opened) say({ fewest: Math.min(...connections.map(({ lines }) => lines)), ended });
}

connections.forEach(open);
setInterval(progress, Number(EVERY_MS));
process.stdin.resume().on("end", () => {
  const servers = {};
  for (const { server } of connections) servers[server] = (servers[server] ?? 0) + 1;
  say({ lines: connections.reduce((sum, each) => sum + each.lines, 0), ended: connections.filter(({ ended }) => ended).length, reasons, servers });
  process.exit(0);
});
