import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { errors, NoRespondersError, PermissionViolationError, TimeoutError } from "@nats-io/transport-node";
import { BusError } from "../bus.ts";

/** Numbers by which JetStream's API names its errors. */
const wrongSequence: ReadonlySet<number> = new Set([10071, 10164]);
const full: ReadonlySet<number> = new Set([10002, 10023, 10028, 10047, 10077]);
const streamNotFound = 10059;
const payloadTooLarge = 10054;

/** True when the server has no stream of that name, or none that takes the subject. */
export function isStreamMissing(err: unknown): boolean {
  return err instanceof JetStreamApiError ? err.code === streamNotFound : isNobody(err);
}

/** True when nobody listens to the subject. */
export function isNobody(err: unknown): boolean {
  return hasCause(err, NoRespondersError);
}

export function isForbidden(err: unknown): boolean {
  return hasCause(err, PermissionViolationError);
}

export function isTimeout(err: unknown): boolean {
  return hasCause(err, TimeoutError);
}

/** What went wrong, in the words of a bus. What is not the bus's is given back as it is. */
export function failureOf(cause: unknown): unknown {
  if (cause instanceof BusError) return cause;
  if (cause instanceof JetStreamApiError) return failureOfApi(cause);
  if (isForbidden(cause)) return new BusError("Refused", `the bus does not permit it: ${wordsOf(cause)}`, { cause });
  if (isNobody(cause)) return new BusError("Unavailable", "no stream takes this: it is not set up yet, or JetStream is off", { cause });
  if (isTimeout(cause)) return new BusError("Unavailable", "the bus does not answer", { cause });
  if (cause instanceof JetStreamError) return new BusError("Unavailable", `the bus answered: ${cause.message}`, { cause });
  if (isLineError(cause)) return new BusError("Unavailable", "the bus cannot be reached", { cause });
  return cause;
}

function failureOfApi(cause: JetStreamApiError): BusError {
  if (wrongSequence.has(cause.code)) return new BusError("WrongSequence", "the subject has another last entry", { cause });
  if (full.has(cause.code)) return new BusError("Full", "no room for a new subject or a larger value", { cause });
  if (cause.code === payloadTooLarge) return new BusError("PayloadTooLarge", "the stream takes no payload of this size", { cause });
  return new BusError("Unavailable", `the bus answered ${cause.code}: ${cause.message}`, { cause });
}

function isLineError(err: unknown): boolean {
  const kinds = [errors.ClosedConnectionError, errors.DrainingConnectionError, errors.ConnectionError];
  return kinds.some((kind) => hasCause(err, kind));
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** The client library wraps what went wrong in errors of its own. */
function hasCause(err: unknown, kind: ErrorClass): boolean {
  return err instanceof kind || (err instanceof Error && err.cause !== undefined && hasCause(err.cause, kind));
}

/** The server names the subject, which holds no secret. */
function wordsOf(err: unknown): string {
  return err instanceof Error ? err.message : "permissions violation";
}
