import type { Clock } from "@osm/runtime";
import { BusError, type Headers } from "../bus.ts";

export type Reply =
  | { readonly kind: "answer"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string }
  /** The responder could not send it. */
  | { readonly kind: "lost" };

export interface Responder {
  readonly isOnline: () => boolean;
  /** Never rejects. */
  readonly answer: (bytes: Uint8Array, headers: Headers) => Promise<Reply>;
}

export interface Call {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly headers: Headers;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The responders of each subject; they take turns. */
export interface Calls {
  add(subject: string, responder: Responder): () => void;
  /** @throws BusError; the signal's reason when it aborts. */
  call(call: Call): Promise<Uint8Array>;
}

export function createCalls(clock: Clock): Calls {
  const queues = new Map<string, Set<Responder>>();

  /** Takes the one that has waited longest, and puts it at the end. */
  const next = (subject: string): Responder | undefined => {
    const queue = queues.get(subject);
    const responder = [...(queue ?? [])].find(({ isOnline }) => isOnline());
    if (queue === undefined || responder === undefined) return undefined;
    queue.delete(responder);
    queue.add(responder);
    return responder;
  };

  return {
    add: (subject, responder) => {
      const queue = queues.get(subject) ?? new Set();
      queues.set(subject, queue.add(responder));
      return () => {
        queue.delete(responder);
        if (queue.size === 0 && queues.get(subject) === queue) queues.delete(subject);
      };
    },
    call: async (call) => {
      call.signal.throwIfAborted();
      const responder = next(call.subject);
      if (responder === undefined) throw new BusError("NoResponder", "nobody answers this subject");
      return answerOf(responder, call, clock);
    },
  };
}

async function answerOf(responder: Responder, { bytes, headers, timeoutMs, signal }: Call, clock: Clock): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const onAbort = (): void => reject(signal.reason);
  const cancel = clock.schedule(timeoutMs, () => reject(new BusError("Timeout", `no answer within ${timeoutMs} ms`)));
  signal.addEventListener("abort", onAbort);
  void responder.answer(bytes, headers).then((reply) => settle(reply, resolve, reject));
  try {
    return await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

function settle(reply: Reply, resolve: (bytes: Uint8Array) => void, reject: (err: BusError) => void): void {
  switch (reply.kind) {
    case "answer":
      return resolve(reply.bytes);
    case "refused":
      return reject(new BusError("Refused", reply.reason));
    case "lost":
      return;
  }
}
