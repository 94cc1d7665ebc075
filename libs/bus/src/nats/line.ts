import { createInbox, errors, type NatsConnection, type Status } from "@nats-io/transport-node";
import type { Log } from "@osm/runtime";
import { BusError } from "../bus.ts";

/** The connection and whether it stands. It comes back by itself, for ever. */
export interface Line {
  readonly nats: NatsConnection;
  /** Aborts when the line breaks or the bus is disposed; its reason is the error to throw. */
  life(): AbortSignal;
  /** Aborts when the line breaks, and not before. */
  unbroken(): AbortSignal;
  /** Aborts when the bus is disposed. */
  readonly closed: AbortSignal;
  /** Resolves when the line stands, the signal aborts or the bus is disposed. */
  standing(signal: AbortSignal): Promise<void>;
  /** A subject that no other user may listen to. */
  inbox(): string;
  /** The bus is disposed: nobody may use the line any more but who has to finish something. */
  close(): void;
}

/** How long a server may take to hear the last words of a bus that is disposed. */
export const farewellMs = 1000;

interface State {
  up: AbortController;
  back: PromiseWithResolvers<void>;
  /** Errors in a row since the line stood. */
  failures: number;
}

export interface LineOptions {
  readonly nats: NatsConnection;
  readonly inboxPrefix: string | undefined;
  readonly log: Log;
}

export function lineOf({ nats, inboxPrefix, log }: LineOptions): Line {
  const closed = new AbortController();
  const state: State = { up: new AbortController(), back: Promise.withResolvers<void>(), failures: 0 };
  let life = AbortSignal.any([state.up.signal, closed.signal]);
  const onReturn = (): void => void (life = AbortSignal.any([state.up.signal, closed.signal]));
  void follow({ nats, log, state, onReturn });
  return {
    nats,
    closed: closed.signal,
    life: () => life,
    unbroken: () => state.up.signal,
    standing: async (signal) => {
      const ended = AbortSignal.any([signal, closed.signal]);
      while (state.up.signal.aborted && !ended.aborted) await orAbort(state.back.promise, ended).catch(() => undefined);
    },
    inbox: () => createInbox(inboxPrefix),
    close: () => closed.abort(new BusError("Unavailable", "the bus was closed")),
  };
}

/**
 * Does a job that needs the line, and fails at once when there is none or it breaks: whether the server did it is then unknown.
 * @throws BusError `Unavailable`
 */
export async function whileUp<T>(line: Line, job: () => Promise<T>): Promise<T> {
  const life = line.life();
  life.throwIfAborted();
  return await orAbort(job(), life);
}

/** @throws the signal's reason when it aborts first. */
export async function orAbort<T>(job: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([job, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

interface Following {
  readonly nats: NatsConnection;
  readonly log: Log;
  readonly state: State;
  readonly onReturn: () => void;
}

async function follow(following: Following): Promise<void> {
  for await (const status of following.nats.status()) take(status, following);
}

function take(status: Status, { log, state, onReturn }: Following): void {
  switch (status.type) {
    case "disconnect":
      if (state.up.signal.aborted) return;
      log.warn({ server: status.server }, "bus lost");
      state.back = Promise.withResolvers<void>();
      return state.up.abort(new BusError("Unavailable", "the bus cannot be reached"));
    case "reconnect":
      log.info({ server: status.server }, "bus found again");
      state.up = new AbortController();
      state.failures = 0;
      onReturn();
      return state.back.resolve();
    case "error":
      state.failures += 1;
      return tell(status.error, state.failures, log);
    case "staleConnection":
      return log.warn({}, "bus does not answer, line is cut");
    case "reconnecting":
    case "close":
    case "ldm":
    case "update":
    case "forceReconnect":
    case "ping":
    case "slowConsumer":
      return;
  }
}

/** Of errors in a row the 1st, 2nd, 4th, 8th: a line that cannot come back is tried several times a second. */
function tell(err: Error, failures: number, log: Log): void {
  if (!Number.isInteger(Math.log2(failures))) return;
  if (err instanceof errors.AuthorizationError) log.error({ err, failures }, "bus refuses our user or password, tried again");
  else if (err instanceof errors.PermissionViolationError) log.error({ err, failures }, "bus permits less than we need");
  else log.warn({ err, failures }, "bus reports an error");
}
