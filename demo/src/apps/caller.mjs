// Calls a URL at a steady rate over a fixed number of connections, half of them kept open, until its input ends
// or COUNT calls were made.
// Says each change of the answer, each tenth call, and at the end the counts: {"at":ms,"answer":"200"} {"done":10} ... {"sent":n,"answers":{...}}
import { Agent, request } from "node:http";

const { URL: target = "", METHOD = "GET", RATE = "60", CONNECTIONS = "10", REPORT = "", COUNT = "Infinity", HEADERS = "{}", BY_HEADER = "" } = process.env;
const connections = Number(CONNECTIONS);
const headers = JSON.parse(HEADERS);
const everyMs = (1000 * connections) / Number(RATE);
const counts = {};
let sent = 0;
let done = 0;
let last = "";
let stopping = false;
let busy = 0;

function call(agent) {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const outgoing = request(target, { agent, method: METHOD, headers, timeout: 10_000 }, (response) => {
      response.resume();
      response.on("end", () => resolve({ answer: answerOf(response), startedAt }));
      response.on("error", (error) => resolve({ answer: error.code ?? "broken", startedAt }));
    });
    outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
    outgoing.on("error", (error) => resolve({ answer: error.code ?? "failed", startedAt }));
    outgoing.end();
  });
}

/** The status; with BY_HEADER, what that header of the response says behind it. */
function answerOf({ statusCode, headers: given }) {
  return given[BY_HEADER] ? `${statusCode} ${given[BY_HEADER]}` : String(statusCode);
}

async function worker(index) {
  const agent = index % 2 === 0 ? new Agent({ keepAlive: true, maxSockets: 1 }) : new Agent({ keepAlive: false });
  busy++;
  let due = Date.now() + (everyMs * index) / connections;
  while (!stopping && sent < Number(COUNT)) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    due += everyMs;
    sent++;
    const { answer, startedAt } = await call(agent);
    counts[answer] = (counts[answer] ?? 0) + 1;
    if (REPORT === "changes" && answer !== last) process.stdout.write(`${JSON.stringify({ at: Date.now(), startedAt, answer })}\n`);
    last = answer;
    if (REPORT === "changes" && ++done % 10 === 0) process.stdout.write(`${JSON.stringify({ done })}\n`);
  }
  agent.destroy();
  if (--busy === 0) {
    process.stdout.write(`${JSON.stringify({ sent, answers: counts })}\n`);
    process.exit(0);
  }
}

process.stdin.on("end", () => (stopping = true)).resume();
process.stdout.write(`${JSON.stringify({ started: true })}\n`);
for (let index = 0; index < connections; index++) void worker(index);
