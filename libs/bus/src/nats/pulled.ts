import type { Msg } from "@nats-io/transport-node";

/** What the server says of a delivery in its reply subject. */
export interface Delivery {
  readonly seq: number;
  /** Deliveries of this consumer so far, this one included. */
  readonly count: number;
  /** What was still to come when it was sent. */
  readonly pending: number;
}

/** `$JS.ACK[.<domain>.<account>].<stream>.<consumer>.<times>.<seq>.<count>.<time>.<pending>[.<token>]` */
export function readReply(reply: string): Delivery | undefined {
  const tokens = reply.split(".");
  const skipped = tokens.length >= 11 ? 2 : 0;
  const numberAt = (at: number) => Number(tokens[at + skipped] ?? NaN);
  const [seq, count, pending] = [numberAt(5), numberAt(6), numberAt(8)];
  const areWhole = Number.isSafeInteger(seq) && Number.isSafeInteger(count) && Number.isSafeInteger(pending);
  return tokens[0] === "$JS" && areWhole ? { seq, count, pending } : undefined;
}

export type PullStatus =
  /** Nothing new; so many were delivered so far. */
  | { readonly kind: "beat"; readonly delivered: number }
  /** This request is at its end, by time, number or size. */
  | { readonly kind: "done" }
  /** The consumer is gone or has moved. */
  | { readonly kind: "broken" };

const beat = 100;
const timeout = 408;
const conflict = 409;
const endsBySize = /^(message size exceeds maxbytes|batch completed)/i;

export function statusOf({ headers }: Msg): PullStatus {
  const [code, description] = [headers?.code, headers?.description ?? ""];
  if (code === beat) return { kind: "beat", delivered: Number(headers?.get("Nats-Last-Consumer")) };
  if (code === timeout || (code === conflict && endsBySize.test(description))) return { kind: "done" };
  return { kind: "broken" };
}
