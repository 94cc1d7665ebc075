import { once } from "node:events";
import { request, type Agent } from "node:https";
import { text } from "node:stream/consumers";
import type { IncomingMessage } from "node:http";

export interface Call {
  readonly port: number;
  readonly ca: string;
  readonly agent?: Agent;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answered {
  readonly status: number | undefined;
  readonly body: string;
}

/** A request on a connection of its own, unless an agent is given. */
export async function call({ port, ca, agent, path = "/mutate-pod-creation", method = "POST", headers = { "content-type": "application/json" }, body = "" }: Call): Promise<Answered> {
  const sent = request({ host: "127.0.0.1", servername: "localhost", port, ca, path, method, headers, agent: agent ?? false });
  const response = once(sent, "response");
  sent.end(body);
  const [message]: IncomingMessage[] = await response;
  if (message === undefined) throw new Error("no response");
  return { status: message.statusCode, body: await text(message) };
}
