import { headers, type Msg, type Subscription } from "@nats-io/transport-node";
import type { Log } from "@osm/runtime";
import { BusError, maxPayload, type Answer, type Bus } from "../bus.ts";
import { copyOf } from "../copies.ts";
import { checkHeaders, checkPayload } from "../limits.ts";
import { refusalReason } from "../refusal.ts";
import { checkSubject } from "../subject.ts";
import { headersOf, ownHeaders } from "./entries.ts";
import { failureOf, isNobody, isTimeout } from "./failures.ts";
import { farewellMs, orAbort, whileUp, type Line } from "./line.ts";
import { queue } from "./permissions.ts";

/** The header of an answer that is none; its value says why. */
const refused = "Osm-Refused";

export function requests(line: Line, log: Log, responders: Set<AsyncDisposable>): Pick<Bus, "request" | "respond"> {
  return {
    request: async (subject, bytes, { timeoutMs, signal, headers: given = {} }) => {
      checkSubject(subject);
      checkHeaders(given);
      checkPayload(bytes);
      signal?.throwIfAborted();
      const asking = whileUp(line, () => line.nats.request(subject, copyOf(bytes), { timeout: timeoutMs, headers: headersOf(given) }));
      const reply = await (signal ? orAbort(asking, signal) : asking).catch((err: unknown) => {
        throw signal?.aborted === true && err === signal.reason ? err : failureOfRequest(err, timeoutMs);
      });
      return answerIn(reply);
    },
    respond: async (subject, answer) => {
      checkSubject(subject);
      const responder = await whileUp(line, () => joinQueue({ line, log, subject, answer })).catch((err: unknown) => {
        throw failureOf(err);
      });
      responders.add(responder);
      return {
        [Symbol.asyncDispose]: async () => {
          responders.delete(responder);
          await responder[Symbol.asyncDispose]();
        },
      };
    },
  };
}

function failureOfRequest(err: unknown, timeoutMs: number): unknown {
  if (isNobody(err)) return new BusError("NoResponder", "nobody answers this subject", { cause: err });
  if (isTimeout(err)) return new BusError("Timeout", `no answer within ${timeoutMs} ms`, { cause: err });
  return failureOf(err);
}

function answerIn({ data, headers: given }: Msg): Uint8Array {
  if (given?.has(refused) === true) throw new BusError("Refused", given.get(refused));
  return copyOf(data);
}

interface Answering {
  readonly line: Line;
  readonly log: Log;
  readonly subject: string;
  readonly answer: Answer;
}

/** @throws PermissionViolationError when the server lets this user answer no such subject. */
async function joinQueue(answering: Answering): Promise<AsyncDisposable> {
  const { line, log, subject } = answering;
  const underWay = new Set<Promise<void>>();
  const refused = Promise.withResolvers<never>();
  const subscription = line.nats.subscribe(subject, {
    queue,
    callback: (err, message) => {
      if (err) return onError(err);
      const answered = reply(answering, message).finally(() => underWay.delete(answered));
      underWay.add(answered);
    },
  });
  const onError = (err: Error): void => {
    log.error({ err, subject }, "bus takes no answers from us");
    refused.reject(err);
  };
  // What the server has to say against it comes before its answer to this.
  await Promise.race([refused.promise, line.nats.flush()]);
  refused.promise.catch(() => undefined);
  return {
    [Symbol.asyncDispose]: async () => {
      await leave(subscription, line);
      await Promise.all(underWay);
    },
  };
}

/** What was delivered before the server took note is still answered. */
async function leave(subscription: Subscription, line: Line): Promise<void> {
  if (subscription.isClosed()) return;
  const patience = AbortSignal.any([line.unbroken(), AbortSignal.timeout(farewellMs)]);
  await orAbort(subscription.drain(), patience).catch(() => subscription.unsubscribe());
}

async function reply({ line, log, subject, answer }: Answering, message: Msg): Promise<void> {
  try {
    const answered = await answer(copyOf(message.data), ownHeaders(message.headers));
    if (answered.length > maxPayload) refuse(message, `answer above ${maxPayload} bytes`);
    else if (!line.unbroken().aborted) message.respond(copyOf(answered));
  } catch (err) {
    log.warn({ err, subject }, "request refused");
    if (!line.unbroken().aborted) refuse(message, refusalReason(err));
  }
}

function refuse(message: Msg, reason: string): void {
  const said = headers();
  said.set(refused, reason);
  message.respond(new Uint8Array(), { headers: said });
}
