// Calls each of URLS once, each on a connection of its own, and prints for each its status and what was answered, or the error: [{"status","body"}]
import { get } from "node:http";

const patienceMs = 10_000;

function call(url) {
  return new Promise((resolve) => {
    const fail = ({ code, message }) => resolve({ status: 0, body: code ?? message });
    const request = get(url, { agent: false, signal: AbortSignal.timeout(patienceMs) }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk)).on("end", () => resolve({ status: response.statusCode, body })).on("error", fail);
    });
    request.on("error", fail);
  });
}

const answers = [];
for (const url of process.env.URLS.split(" ")) answers.push(await call(url));
process.stdout.write(JSON.stringify(answers));
