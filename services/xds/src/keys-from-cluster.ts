import { readFile } from "node:fs/promises";
import { request, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { parseJwks, type JwkSet } from "@osm/pki";
import { keysFrom, type KeySource } from "./key-source.ts";

/** Where a cluster's own API is, and the account that asks it. */
export interface OwnCluster {
  readonly host: string;
  readonly port: string;
  /** `token` and `ca.crt`, as a pod's account is mounted; read at each request, for the token changes. */
  readonly accountDir: string;
}

const path = "/openid/v1/jwks";
const answerWithinMs = 10_000;

/** Keys that the API server of the pod's own cluster signs tokens with. Any account of the cluster may read them. */
export function keysFromCluster(cluster: OwnCluster, now: () => number): KeySource {
  return keysFrom(() => readKeys(cluster), now);
}

async function readKeys({ host, port, accountDir }: OwnCluster): Promise<JwkSet> {
  const [ca, token] = await Promise.all(["ca.crt", "token"].map((file) => readFile(join(accountDir, file), "utf8")));
  const headers = { authorization: `Bearer ${token?.trim()}`, accept: "application/jwk-set+json" };
  return parseJwks(await get({ host: host.replace(/^\[|\]$/g, ""), port, path, ca, headers }));
}

/** @throws Error that names the server and its status, and nothing of the request */
async function get(options: RequestOptions): Promise<string> {
  return await new Promise((resolve, reject) => {
    const asked = request({ ...options, signal: AbortSignal.timeout(answerWithinMs), agent: false }, (answer) => {
      const body = text(answer);
      if (answer.statusCode === 200) body.then(resolve, reject);
      else body.then(() => reject(new Error(`the API server answered ${answer.statusCode} when asked for the keys of tokens`)), reject);
    });
    asked.once("error", (cause) => reject(new Error("the API server could not be asked for the keys of tokens", { cause })));
    asked.end();
  });
}
