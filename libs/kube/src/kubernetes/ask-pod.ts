import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { PortForward } from "@kubernetes/client-node";
import { readCredentials, type ClusterPlace } from "./credentials.ts";
import { KubeError, unreachable } from "./kube-error.ts";

export interface PodRequest {
  readonly namespace: string;
  readonly pod: string;
  /** Also one that the pod offers to itself alone. */
  readonly port: number;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly signal: AbortSignal;
}

export interface PodAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks a port of a pod over HTTP, as `kubectl port-forward` reaches it: through the API server. @throws KubeError, Error without credentials */
export async function askPod(place: ClusterPlace, { namespace, pod, port, method, path, signal }: PodRequest): Promise<PodAnswer> {
  signal.throwIfAborted();
  const [toPod, fromPod, complaints] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const complaint = text(complaints);
  const line = await opened(new PortForward(readCredentials(place), true).portForward(namespace, pod, [port], fromPod, complaints, toPod));
  line.addEventListener("close", () => [fromPod, complaints].map((stream) => stream.end()));
  try {
    const connection = Duplex.from({ readable: fromPod, writable: toPod });
    const answer = await answered(connection, { method, path, signal });
    return { status: answer.statusCode ?? 0, text: await text(answer) };
  } catch (cause) {
    line.close();
    complaints.end();
    signal.throwIfAborted();
    const said = await complaint;
    throw new KubeError(said.trim() === "" ? `port ${port} of pod ${namespace}/${pod} does not answer` : said.trim().slice(0, 500), { cause, reason: unreachable });
  } finally {
    line.close();
  }
}

type Forwarded = Awaited<ReturnType<PortForward["portForward"]>>;

async function opened(forwarding: Promise<Forwarded>): Promise<Extract<Forwarded, { close: unknown }>> {
  try {
    const line = await forwarding;
    if (typeof line !== "function") return line;
  } catch (cause) {
    throw new KubeError("the API server forwards no port of the pod", { cause, reason: unreachable });
  }
  throw new KubeError("the API server forwards no port of the pod");
}

async function answered(connection: Duplex, { method, path, signal }: Pick<PodRequest, "method" | "path" | "signal">): Promise<IncomingMessage> {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () => connection;
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ agent, method, path, host: "localhost", signal }, resolve);
    request.once("error", reject).end();
  });
}
