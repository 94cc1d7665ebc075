import { readFile } from "node:fs/promises";
import { request, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";
import { join } from "node:path";

/** Where a cluster's own API is, and the account that asks it. */
export interface OwnCluster {
  readonly host: string;
  readonly port: string;
  /** `token` and `ca.crt`, as a pod's account is mounted; read at each request, for the token changes. */
  readonly accountDir: string;
}

export interface ClusterQuestion {
  readonly path: string;
  readonly accept: string;
  /** Sent by POST where there is one; JSON. */
  readonly body?: string;
  readonly withinMs: number;
  /** What is asked for, as an error tells it. */
  readonly what: string;
}

/** @returns the answer's body. @throws Error that names the status, and nothing of the request */
export async function askCluster({ host, port, accountDir }: OwnCluster, question: ClusterQuestion): Promise<string> {
  const [ca, token] = await Promise.all(["ca.crt", "token"].map((file) => readFile(join(accountDir, file), "utf8")));
  const { path, accept, body } = question;
  const sent = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const headers = { authorization: `Bearer ${token?.trim()}`, accept, ...sent };
  const method = body === undefined ? "GET" : "POST";
  return await answered({ method, host: host.replace(/^\[|\]$/g, ""), port, path, ca, headers }, question);
}

async function answered(options: RequestOptions, { body, withinMs, what }: ClusterQuestion): Promise<string> {
  return await new Promise((resolve, reject) => {
    const asked = request({ ...options, signal: AbortSignal.timeout(withinMs), agent: false }, (answer) => {
      const whole = text(answer);
      const { statusCode = 0 } = answer;
      if (statusCode === 200 || statusCode === 201) whole.then(resolve, reject);
      else whole.then(() => reject(new Error(`the API server answered ${statusCode} when asked ${what}`)), reject);
    });
    asked.once("error", (cause) => reject(new Error(`the API server could not be asked ${what}`, { cause })));
    asked.end(body);
  });
}
