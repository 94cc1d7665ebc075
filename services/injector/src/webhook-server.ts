import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Log } from "@osm/runtime";
import { answerRequest, type Reviewing } from "./answer-request.ts";
import type { ServingCertificate } from "./serving-certificate.ts";

export interface WebhookServer extends AsyncDisposable {
  readonly port: number;
  /** The certificate for connections from now on. */
  readonly present: (certificate: ServingCertificate) => void;
}

export interface WebhookOptions extends Reviewing {
  readonly certificate: ServingCertificate;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: every address, of IPv6 too where there is any. */
  readonly host: string | undefined;
  readonly log: Log;
}

/** How long a client may take to say what it has to say; an API server itself gives up after 30 s at most. */
const timeouts = { handshakeTimeout: 5000, headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 2000 };
/** What is still open this long after the server closed is a client that hangs. */
const graceMs = 5000;

/** HTTPS for API servers. When disposed it takes no new connection, and ends once the requests it has are answered. */
export async function openWebhookServer(options: WebhookOptions): Promise<WebhookServer> {
  const server = createServer({ ...tlsOptions(options.certificate), ...timeouts });
  // Longer than the 90 s after which an API server drops an idle connection: it must not send into one that we just closed.
  server.keepAliveTimeout = 120_000;
  server.on("request", (request, response) => void answer(server, { request, response }, options));
  server.listen(options.port, options.host);
  await once(server, "listening");
  const present: WebhookServer["present"] = (certificate) => server.setSecureContext(tlsOptions(certificate));
  return { port: portOf(server), present, [Symbol.asyncDispose]: () => closed(server) };
}

/** Never rejects: what goes wrong is logged and answered 500, which the API server takes as a refusal. */
async function answer(server: Server, { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse }, options: WebhookOptions): Promise<void> {
  try {
    const { status, type, body } = await answerRequest(request, options);
    response.writeHead(status, { "content-type": type, ...(server.listening ? {} : { connection: "close" }) }).end(body);
    // A client that is refused early is heard out, within its time: cut off, it would not read why.
    request.resume();
  } catch (err) {
    if (request.destroyed && !request.complete) return;
    options.log.error({ err }, "review failed");
    response.writeHead(500, { "content-type": "text/plain" }).end("internal error\n");
  }
}

function tlsOptions({ cert, key }: ServingCertificate): { readonly cert: string; readonly key: string; readonly minVersion: "TLSv1.3" } {
  return { cert, key, minVersion: "TLSv1.3" };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("server has no port");
  return address.port;
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const ended = once(server, "close");
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await ended;
  clearTimeout(cut);
}
