import { existsSync } from "node:fs";
import { connect, errors, usernamePasswordAuthenticator, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { backoffMs, sleep, systemClock, type Clock, type Log } from "@osm/runtime";
import { BusError, type Bus } from "../bus.ts";
import type { NatsAddress } from "./address.ts";
import { credentialsIn, tlsOf, type Credentials } from "./credentials.ts";
import { watchFill, type Fill } from "./fill.ts";
import { inboxPrefix } from "./inbox.ts";
import { lastValues } from "./last-values.ts";
import { farewellMs, lineOf, orAbort, type Line } from "./line.ts";
import { requests } from "./requests.ts";
import { bringUpToDate, keptStream, type KeptStream, type StreamPlan } from "./stream-setup.ts";
import { watches } from "./watch.ts";

export interface NatsBusOptions {
  readonly address: NatsAddress;
  readonly stream: StreamPlan;
  /** Whether this user makes the stream, and gives it what a newer release keeps; all do when left out. */
  readonly maySetUp?: (user: string) => boolean;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock?: Clock;
}

const reconnectMs = 250;
/** A server that does not answer two of these is left. */
const pingMs = 3000;
const connectMs = 3000;
const backoff = { firstMs: 100, maxMs: 5000 };

/**
 * Connects, and sets the stream up where it may. Waits for a server that cannot be reached, telling each failure.
 * @throws BusError `Refused` when the server refuses user or password; the signal's reason.
 */
export async function openNatsBus(options: NatsBusOptions): Promise<Bus> {
  const { log, clock = systemClock } = options;
  const credentials = options.address.credentials === undefined ? undefined : credentialsIn(options.address.credentials, log);
  const nats = await connecting(options, credentials);
  const line = lineOf({ nats, log, inboxPrefix: credentials && inboxPrefix(credentials.user()) });
  const stream = await keptStream({ line, plan: options.stream, log, setsUp: credentials === undefined || (options.maySetUp?.(credentials.user()) ?? true) });
  await setUp(stream, log);
  const responders = new Set<AsyncDisposable>();
  void watchFill({ closed: line.closed, name: stream.plan.name, read: () => fillOf(stream), log });
  return {
    ...lastValues(line, stream),
    ...watches({ line, stream, clock, log }),
    ...requests(line, log, responders),
    [Symbol.asyncDispose]: async () => {
      if (line.closed.aborted) return;
      line.close();
      await Promise.all([...responders].map((responder) => responder[Symbol.asyncDispose]()));
      await sayGoodbye(line);
    },
  };
}

async function connecting({ address, signal, log }: NatsBusOptions, credentials: Credentials | undefined): Promise<NatsConnection> {
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await connect(connectionOf(address, credentials));
    } catch (err) {
      if (err instanceof errors.AuthorizationError) throw refusal(address, credentials, err);
      log.warn({ err, server: address.server, failures }, "bus cannot be reached, tried again");
    }
    await sleep(backoffMs(backoff, failures, Math.random()), signal);
  }
}

function connectionOf(address: NatsAddress, credentials: Credentials | undefined): NodeConnectionOptions {
  const tls = tlsOf(address, existsSync);
  return {
    servers: address.server,
    ...(tls && { tls }),
    ...(credentials && {
      authenticator: usernamePasswordAuthenticator(credentials.user, credentials.password),
      inboxPrefix: inboxPrefix(credentials.user()),
    }),
    timeout: connectMs,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => Math.round(reconnectMs * (1 + Math.random())),
    ignoreAuthErrorAbort: true,
    ignoreClusterUpdates: true,
    pingInterval: pingMs,
    maxPingOut: 2,
    noAsyncTraces: true,
  };
}

function refusal({ server, credentials: folder }: NatsAddress, credentials: Credentials | undefined, cause: Error): BusError {
  const who = credentials === undefined ? "a client without user and password: name their folder with ?credentials=FOLDER" : `the user ${JSON.stringify(credentials.user())}: look at the files user and password in ${String(folder)}`;
  return new BusError("Refused", `the bus at ${server} refuses ${who}`, { cause });
}

async function fillOf(stream: KeptStream): Promise<Fill> {
  const { state, config } = await stream.info();
  return { bytes: state.bytes, maxBytes: config.max_bytes };
}

/** A server that does not answer now is asked again by who needs the stream. */
async function setUp(stream: KeptStream, log: Log): Promise<void> {
  try {
    await stream.info();
    if (!(await bringUpToDate(stream))) log.debug({ stream: stream.plan.name }, "bus stream differs from what this release asks for; the watcher sees to it");
  } catch (err) {
    if (!(err instanceof BusError)) throw err;
    log.warn({ err, stream: stream.plan.name }, "bus stream is not at hand yet");
  }
}

/** What was handed over is sent, if the server takes it within a second. */
async function sayGoodbye(line: Line): Promise<void> {
  const patience = AbortSignal.any([line.unbroken(), AbortSignal.timeout(farewellMs)]);
  await orAbort(line.nats.flush(), patience).catch(() => undefined);
  await line.nats.close();
}
