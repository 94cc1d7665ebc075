// Connections that stay: each says a line every EVERY_MS and wants it back, behind a word and a colon, before it says the next.
// With GREETING=1 it first waits for the server's. Until its input ends.
// Says {"opened":n} when all have echoed once, then about each EVERY_MS {"fewest","lines","ended","wrong"}: the lines of the
// connection with fewest, those of all, how many have ended, and how many lines came back as others than were sent; at the end
// {"lines","ended","wrong","reasons","servers"}.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const { HOST = "", PORT = "", CONNECTIONS = "20", EVERY_MS = "50", GREETING = "" } = process.env;
const connections = Array.from({ length: Number(CONNECTIONS) }, (_, index) => ({ index, lines: 0, ended: false, server: "", greeted: GREETING === "" }));
const reasons = {};
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
let opened = false;
let wrong = 0;

function open(connection) {
  const socket = connect({ host: HOST, port: Number(PORT), noDelay: true });
  const next = () => !socket.destroyed && socket.write(`${connection.index}.${connection.lines}\n`);
  let reason = "CLOSED";
  socket.on("connect", () => connection.greeted && next());
  socket.on("error", (error) => (reason = error.code ?? "broken"));
  createInterface({ input: socket })
    .on("line", (line) => {
      if (!connection.greeted) {
        connection.greeted = true;
        return void next();
      }
      const [server, text = ""] = line.split(":");
      if (text.trim() !== `${connection.index}.${connection.lines}`) wrong++;
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
  if (opened) say({ fewest: Math.min(...connections.map(({ lines }) => lines)), lines: linesOfAll(), ended, wrong });
}

function linesOfAll() {
  return connections.reduce((sum, each) => sum + each.lines, 0);
}

connections.forEach(open);
setInterval(progress, Number(EVERY_MS));
process.stdin.resume().on("end", () => {
  const servers = {};
  for (const { server } of connections) servers[server] = (servers[server] ?? 0) + 1;
  say({ lines: linesOfAll(), ended: connections.filter(({ ended }) => ended).length, wrong, reasons, servers });
  process.exit(0);
});
