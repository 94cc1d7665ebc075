// Calls a URL at a steady rate over a fixed number of connections, half of them kept open, until its input ends
// or COUNT calls were made.
// Says each change of the answer, each tenth call what all have had so far, and at the end the counts:
// {"at":ms,"answer":"200"} {"done":10,"answers":{...}} ... {"sent":n,"answers":{...}}
import { lookup } from "node:dns";
import { Agent, request } from "node:http";

const { URL: target = "", METHOD = "GET", RATE = "60", CONNECTIONS = "10", REPORT = "", COUNT = "Infinity", HEADERS = "{}", BODY = "", BY_HEADER = "" } = process.env;
const connections = Number(CONNECTIONS);
const headers = { ...JSON.parse(HEADERS), ...(BODY === "" ? {} : { "content-length": Buffer.byteLength(BODY) }) };
const everyMs = (1000 * connections) / Number(RATE);
const counts = {};
let sent = 0;
let done = 0;
let last = "";
let stopping = false;
let busy = 0;

/** A name is looked up once: the pods' names are a file that is written anew, and at that moment may be without them. */
let known;
function lookUpOnce(host, options, done) {
  if (known) return void setImmediate(() => done(null, ...known));
  lookup(host, options, (error, ...found) => {
    if (!error) known = found;
    done(error, ...found);
  });
}

function call(agent) {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const outgoing = request(target, { agent, method: METHOD, headers, lookup: lookUpOnce, timeout: 10_000 }, (response) => {
      response.resume();
      response.on("end", () => resolve({ answer: answerOf(response), startedAt }));
      response.on("error", (error) => resolve({ answer: error.code ?? "broken", startedAt }));
    });
    outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
    outgoing.on("error", (error) => resolve({ answer: error.code ?? "failed", startedAt }));
    outgoing.end(BODY);
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
    if (REPORT === "changes" && ++done % 10 === 0) process.stdout.write(`${JSON.stringify({ done, answers: counts })}\n`);
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
