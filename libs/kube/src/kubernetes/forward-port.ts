import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { PortForward } from "@kubernetes/client-node";
import { readCredentials, type ClusterPlace } from "./credentials.ts";
import { KubeError } from "./kube-error.ts";

export interface Forwarding {
  readonly namespace: string;
  readonly pod: string;
  /** Of the pod. */
  readonly port: number;
  /** Of this machine, for programs on it alone; any that is free where it is 0. */
  readonly localPort: number;
  /** What came of one connection and cannot be told to who made it. */
  readonly complain: (words: string) => void;
}

export interface ForwardedPort extends AsyncDisposable {
  readonly localPort: number;
}

/** Leads each connection to a port of this machine through the API server to a port of a pod, as `kubectl port-forward` does. @throws KubeError where the port is taken */
export async function forwardPort(place: ClusterPlace, forwarding: Forwarding): Promise<ForwardedPort> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.once("close", () => open.delete(socket)).on("error", () => {}));
    void lead(place, forwarding, socket);
  });
  const localPort = await listening(server, forwarding.localPort);
  return {
    localPort,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function listening(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    throw new KubeError(`port ${port} of this machine cannot be had: ${cause instanceof Error ? cause.message : "it is taken"}`, { cause });
  }
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : port;
}

/** Until either side ends; a pod that does not answer ends the connection and is complained of. */
async function lead(place: ClusterPlace, { namespace, pod, port, complain }: Forwarding, socket: Socket): Promise<void> {
  const complaints = new PassThrough();
  const said = text(complaints);
  try {
    const line = await new PortForward(readCredentials(place), true).portForward(namespace, pod, [port], socket, complaints, socket);
    if (typeof line === "function") throw new Error("the API server gives no line to the pod");
    socket.once("close", () => line.close());
    if (socket.destroyed) line.close();
    line.addEventListener("close", () => {
      socket.end();
      complaints.end();
    });
  } catch {
    socket.destroy();
    complaints.end("the API server forwards no port of the pod");
  }
  const words = (await said).trim();
  if (words === "") return;
  socket.destroy();
  complain(`port ${port} of pod ${namespace}/${pod}: ${words.slice(0, 500)}`);
}
