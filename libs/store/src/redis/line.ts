import { Redis, type ChainableCommander } from "ioredis";
import { backoffMs, type Log } from "@osm/runtime";
import { StoreUnavailable } from "../store.ts";
import type { RedisAddress } from "./address.ts";
import { loginOf, tlsOf } from "./credentials.ts";

/** A connection that comes back by itself and queues nothing: what cannot be done now fails now. */
export interface RedisLine extends AsyncDisposable {
  /** @throws StoreUnavailable */
  check(): void;
  /** Sends all that `write` adds in one go. @returns the replies in that order. @throws StoreUnavailable */
  all(write: (pipeline: ChainableCommander) => void): Promise<readonly unknown[]>;
}

export interface LineOptions {
  readonly address: RedisAddress;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** A server that is silent for so long while it owes an answer is left. */
const silenceMs = 3000;
const backoff = { firstMs: 50, maxMs: 2000 };

/** Resolves when the server is there, or when it was found not to be. @throws the signal's reason */
export async function openLine({ address, signal, log }: LineOptions): Promise<RedisLine> {
  signal.throwIfAborted();
  const redis = createClient(address, log);
  const told = tellEvents(redis, address, log);
  await firstAttempt(redis, signal);
  if (signal.aborted) redis.disconnect();
  signal.throwIfAborted();
  let isClosed = false;
  const check = (): void => {
    if (isClosed) throw new StoreUnavailable("the store was closed");
    if (redis.status !== "ready") throw new StoreUnavailable("the store cannot be reached");
  };
  return {
    check,
    all: async (write) => {
      check();
      const pipeline = redis.pipeline();
      write(pipeline);
      return repliesOf(await pipeline.exec().catch((err: unknown) => [[asError(err), undefined] as const]), told);
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      redis.disconnect();
    },
  };
}

function createClient(address: RedisAddress, log: Log): Redis {
  const redis: Redis = new Redis({
    host: address.host,
    port: address.port,
    ...tlsOf(address),
    ...loginOf(address, log),
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    commandTimeout: 2 * silenceMs,
    retryStrategy: (times) => {
      Object.assign(redis.options, loginOf(address, log));
      return backoffMs(backoff, times, Math.random());
    },
  });
  return redis;
}

/** Ends with the first attempt, however it went; later ones go on behind it. */
async function firstAttempt(redis: Redis, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await Promise.race([redis.connect().catch(() => undefined), promise]);
}

/** Tells the loss and the return, and of failures in a row the 1st, 2nd, 4th, 8th. Never more of an error than its words. */
function tellEvents(redis: Redis, { host, port }: RedisAddress, log: Log): (message: string) => void {
  const server = `${host}:${port}`;
  let failures = 0;
  const tell = (message: string): void => {
    failures += 1;
    if (!Number.isInteger(Math.log2(failures))) return;
    const err = new StoreUnavailable(message);
    if (isRefusal(message)) log.error({ err, server, failures }, "store refuses our user, password or command");
    else log.warn({ err, server, failures }, "store unavailable, tried again");
  };
  redis.on("error", (err: Error) => tell(err.message));
  redis.on("ready", () => {
    log.info({ server, failures }, "store connected");
    failures = 0;
  });
  return tell;
}

/** How Redis begins to say that it knows us not, or permits less. */
function isRefusal(message: string): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/.test(message);
}

type Outcome = readonly [Error | null, unknown];

/** An error of the client holds the arguments of its command, a password among them: only its words go on. */
function repliesOf(outcomes: readonly Outcome[] | null, told: (message: string) => void): readonly unknown[] {
  const failed = outcomes?.find(([err]) => err !== null)?.[0];
  if (failed) {
    if (isRefusal(failed.message)) told(failed.message);
    throw new StoreUnavailable(`the store did not do it: ${failed.message}`);
  }
  return outcomes?.map(([, reply]) => reply) ?? [];
}

function asError(err: unknown): Error {
  return err instanceof Error ? err : new Error(String(err));
}
