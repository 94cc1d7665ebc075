// Waits for a server's greeting, then sends numbered lines over the same connection; connects anew when it ends.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { createCounters, serveApp } from "./app-server.mjs";

const { SERVER_ADDRESS = "tcp-echo:9000", CI_SLEEP_BETWEEN_REQUESTS_SECONDS = "1" } = process.env;
const [host, port] = SERVER_ADDRESS.split(":");
const pauseMs = Number(CI_SLEEP_BETWEEN_REQUESTS_SECONDS) * 1000;
const counts = createCounters(["greetings", "echoes"]);
const patienceMs = 10_000;

serveApp({ app: "tcp-client", identity: "tcp-client", counts });
for (let sent = 1; ; await wait(pauseMs)) {
  const socket = connect({ host, port: Number(port) });
  const reason = { code: "CLOSED" };
  socket.setTimeout(patienceMs, () => socket.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
  socket.on("error", (error) => (reason.code = error.code ?? "broken"));
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  try {
    if ((await lines.next()).done) throw new Error("closed before the greeting");
    counts.add("greetings");
    for (;;) {
      socket.write(`client message ${sent++}\n`);
      const { done, value } = await lines.next();
      if (done || !value.startsWith("echo response: ")) throw new Error("no echo");
      counts.add("echoes");
      await wait(pauseMs);
    }
  } catch {
    counts.answered(`tcp ${reason.code}`);
  }
  socket.destroy();
}
