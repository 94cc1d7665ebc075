// Opens COUNT connections one after the other, says a line on each and counts the answers by what stands before the colon:
// the server's name, or how it ended. Output: {"answers":{...}}
import { connect } from "node:net";

const { HOST = "", PORT = "", COUNT = "1" } = process.env;
const patienceMs = 10_000;

function knock() {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port: Number(PORT) });
    const end = (answer) => {
      resolve(answer);
      socket.destroy();
    };
    socket.on("connect", () => socket.write("knock\n"));
    socket.on("data", (bytes) => end(bytes.toString("latin1").split(":")[0]));
    socket.on("error", ({ code }) => end(code ?? "broken"));
    socket.on("close", () => end("CLOSED"));
    socket.setTimeout(patienceMs, () => end("TIMEOUT"));
  });
}

const answers = {};
for (let left = Number(COUNT); left > 0; left--) {
  const answer = await knock();
  answers[answer] = (answers[answer] ?? 0) + 1;
}
process.stdout.write(JSON.stringify({ answers }));
process.exit(0);
