import { randomUUID } from "node:crypto";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import type { Entry } from "../bus.ts";
import { entryOf } from "./entries.ts";
import type { Line } from "./line.ts";
import { readReply } from "./pulled.ts";
import { answerMs, type KeptStream } from "./stream-setup.ts";

const nanos = 1_000_000;
const forgottenMs = 1000;

/** A name that nobody can guess: who knows it may take what the consumer would be given. */
export function consumerName(): string {
  return randomUUID().replaceAll("-", "");
}

/** Where more is asked for. */
export function nextSubject(stream: string, consumer: string): string {
  return `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
}

/**
 * What stands, by a consumer of one message. JetStream's direct get would be one round trip, but lets its caller name any
 * subject for the answer: a service could have the server write for it what it may not write itself.
 */
export async function lastValue(line: Line, stream: KeptStream, subject: string): Promise<Entry | undefined> {
  const name = consumerName();
  const { num_pending } = await stream.manager.consumers.add(stream.plan.name, {
    name,
    filter_subject: subject,
    deliver_policy: DeliverPolicy.LastPerSubject,
    ack_policy: AckPolicy.None,
    mem_storage: true,
    inactive_threshold: forgottenMs * nanos,
  });
  if (num_pending === 0) return undefined;
  const wish = JSON.stringify({ batch: 1, expires: forgottenMs * nanos });
  const { data, headers, reply } = await line.nats.request(nextSubject(stream.plan.name, name), wish, { timeout: answerMs, noMux: true });
  const told = readReply(reply ?? "");
  // Without a delivery's reply subject it is a status: the value has aged out meanwhile.
  return told && entryOf({ subject, seq: told.seq, data, headers });
}
