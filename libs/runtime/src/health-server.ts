import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { version } from "./version.ts";

export interface HealthServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  readonly metrics?: Metrics;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Answers `/healthz` (alive), `/readyz` (200, or 503 and the reasons), `/version` and `/metrics`. When the signal aborts it
 * answers on, not ready, until it is disposed: who balances load sees the end coming.
 */
export async function serveHealth(
  { port, host = "0.0.0.0", metrics }: HealthServerOptions,
  health: Health,
  { signal }: { readonly signal: AbortSignal },
): Promise<HealthServer> {
  const answers: Answers = {
    "/healthz": () => json(200, { alive: true }),
    "/readyz": () => readiness(health, signal),
    "/version": () => json(200, { version, node: process.versions.node }),
    "/metrics": () => ({ status: metrics ? 200 : 404, type: "text/plain; version=0.0.4; charset=utf-8", body: metrics?.text() ?? "" }),
  };
  const server = answering(answers);
  server.listen(port, host);
  await once(server, "listening");
  return { port: portOf(server), [Symbol.asyncDispose]: () => closed(server) };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
type Answers = Readonly<Record<string, () => Answer>>;

function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

function readiness(health: Health, signal: AbortSignal): Answer {
  const unmet = [...(signal.aborted ? [{ condition: "running", reason: "stopping" }] : []), ...health.unmet()];
  return json(unmet.length === 0 ? 200 : 503, { ready: unmet.length === 0, unmet });
}

function answering(answers: Answers): Server {
  return createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const known = request.method === "GET" || request.method === "HEAD" ? new Map(Object.entries(answers)).get(path) : undefined;
    const { status, type, body } = known?.() ?? json(404, { error: "not found" });
    response.writeHead(status, { "content-type": type }).end(body);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("server has no port");
  return address.port;
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const done = once(server, "close");
  server.close();
  server.closeAllConnections();
  await done;
}
