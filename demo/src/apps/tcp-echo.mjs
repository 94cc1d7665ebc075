// A server that speaks first: it greets whoever connects, then answers each line.
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { createCounters, serveApp } from "./app-server.mjs";

const { IDENTITY = "tcp-echo", ECHO_PORT = "9000" } = process.env;
const counts = createCounters(["greeted", "echoed"]);

const server = createServer((socket) => {
  counts.add("greeted");
  socket.write(`hello from ${IDENTITY}\n`);
  socket.on("error", () => socket.destroy());
  createInterface({ input: socket })
    .on("line", (line) => {
      counts.add("echoed");
      socket.write(`echo response: ${line}\n`);
    })
    .on("error", () => socket.destroy());
});
server.listen(Number(ECHO_PORT), "0.0.0.0");
serveApp({ app: "tcp-echo", identity: IDENTITY, counts });
