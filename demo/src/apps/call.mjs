// One HTTP call over connections that are kept, as most clients do it.
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true });
/** A server that says nothing for longer is given up. */
const patienceMs = 10_000;

/** Resolves, whatever happens: the status, or the code of the error, as the answer. */
export function call(url, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve) => {
    const failed = (error) => resolve({ answer: error.code ?? "broken", headers: {}, text: "" });
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const outgoing = request(url, { agent, method, headers: { ...headers, ...length }, timeout: patienceMs }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ answer: String(response.statusCode), headers: response.headers, text }));
      response.on("error", failed);
    });
    outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("timeout"), { code: "TIMEOUT" })));
    outgoing.on("error", failed);
    outgoing.end(body);
  });
}
