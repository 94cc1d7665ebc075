import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { readCredentials, type ClusterPlace } from "./credentials.ts";
import { errorOfStatus, KubeError, unreachable } from "./kube-error.ts";
import { linesOf } from "./lines.ts";

export interface KubeRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** The request fails when nothing was heard of the server for so long. */
  readonly silenceMs?: number;
}

/** One Kubernetes API server, spoken to with the credentials of a kubeconfig or of the pod. */
export interface KubeApi {
  /** The answer's JSON. @throws KubeError */
  json(request: KubeRequest): Promise<unknown>;
  /** The answer line by line, as a watch sends it. @throws KubeError, also within the lines */
  lines(request: KubeRequest): AsyncIterable<string>;
}

const usualSilenceMs = 30_000;
const keepAliveMs = 10_000;

/** Reads the credentials; connects with the first request. After a refusal they are read again. @throws Error without any */
export function openKubeApi(place: ClusterPlace): KubeApi {
  let config = readCredentials(place);
  const send = async (request: KubeRequest): Promise<IncomingMessage> => {
    try {
      return await answered(await optionsFor(config, request), request);
    } catch (error) {
      if (needsOtherCredentials(error)) config = readAgain(place) ?? config;
      throw error;
    }
  };
  return {
    json: async (request) => {
      const answer = await send(request);
      return await jsonOf(answer);
    },
    lines: async function* (request) {
      const answer = await send(request);
      try {
        yield* linesOf(answer);
      } catch (cause) {
        throw asKubeError(cause);
      } finally {
        answer.destroy();
      }
    },
  };
}

function readAgain(place: ClusterPlace): KubeConfig | undefined {
  try {
    return readCredentials(place);
  } catch {
    return undefined;
  }
}

async function optionsFor(config: KubeConfig, request: KubeRequest): Promise<RequestOptions> {
  const { protocol, hostname, port, pathname } = new URL(config.getCurrentCluster()?.server ?? "");
  const options: RequestOptions = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, method: request.method ?? "GET" };
  await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
    throw new KubeError(`no credentials for the cluster${unreadable(cause)}`, { cause });
  });
  options.path = pathname.replace(/\/$/, "") + request.path;
  const credentials = Object.entries(options.headers ?? {}).filter(([name]) => name.toLowerCase() === "authorization");
  const body = request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" };
  return { ...options, headers: { ...Object.fromEntries(credentials), accept: "application/json", "user-agent": "osm", ...body } };
}

/** Which file of the kubeconfig cannot be read. Nothing else is told of what failed: it may hold what nobody is to see. */
function unreadable(cause: unknown): string {
  return cause instanceof Error && "path" in cause && typeof cause.path === "string" ? `: the kubeconfig names ${cause.path}, which cannot be read` : "";
}

/** @returns an answer that is a success. @throws KubeError */
async function answered(options: RequestOptions, { body, signal, silenceMs = usualSilenceMs }: KubeRequest): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const send = options.protocol === "http:" ? httpRequest : httpsRequest;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = send({ ...options, signal }, (head) => {
      request.once("timeout", () => head.destroy(silent(silenceMs)));
      resolve(head);
    });
    request.setSocketKeepAlive(true, keepAliveMs);
    // Also a server that stands still while its kernel goes on acknowledging: nothing is read, so the time runs out.
    request.setTimeout(silenceMs);
    request.once("timeout", () => request.destroy(silent(silenceMs)));
    request.once("error", (cause) => reject(asKubeError(cause)));
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const text = await jsonOf(answer).catch(() => undefined);
  throw errorOfStatus(text, status, retryAfterMs(answer));
}

async function jsonOf(answer: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer) if (chunk instanceof Uint8Array) chunks.push(chunk);
  } catch (cause) {
    throw asKubeError(cause);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new KubeError("the API server sent what is no JSON", { cause });
  }
}

function silent(silenceMs: number): KubeError {
  return new KubeError(`nothing heard of the API server for ${silenceMs} ms`, { reason: unreachable });
}

function retryAfterMs({ headers }: IncomingMessage): number {
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) * 1000 : 0;
}

/** Node's own messages hold addresses, never credentials. */
function asKubeError(cause: unknown): KubeError {
  if (cause instanceof KubeError) return cause;
  return new KubeError(cause instanceof Error ? cause.message : "the connection failed", { cause, reason: unreachable });
}

function needsOtherCredentials(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  const { status, cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return status === 401 || /CERT|SIGNATURE|ERR_TLS|ENOENT/.test(code);
}
