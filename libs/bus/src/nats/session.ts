import { AckPolicy, DeliverPolicy, ReplayPolicy } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/transport-node";
import type { Cancel, Clock } from "@osm/runtime";
import type { Slots } from "../slots.ts";
import { entryOf } from "./entries.ts";
import { consumerName, nextSubject } from "./last-value.ts";
import { incarnationOf } from "./last-values.ts";
import type { Line } from "./line.ts";
import type { Place } from "./place.ts";
import { readReply, statusOf } from "./pulled.ts";
import type { KeptStream } from "./stream-setup.ts";

export interface Reading {
  readonly line: Line;
  readonly stream: KeptStream;
  readonly clock: Clock;
  readonly filter: string;
  readonly slots: Slots;
  readonly place: Place;
  /** Called when there may be something to take. */
  readonly onArrival: () => void;
  readonly ended: AbortSignal;
}

/** One consumer's life. It ends when anything is not as it should be, and another one goes on from there. */
export interface Session {
  /** Asks for more if there is room. */
  pull(): void;
  readonly over: Promise<void>;
  end(): void;
}

const nanos = 1_000_000;
const batch = 256;
const batchBytes = 4_000_000;
/** Below so many unread subjects more is asked for. */
const room = 64;
const beatMs = 2000;
const silenceMs = 3 * beatMs;
const requestMs = 30_000;
const forgottenMs = 60_000;

/** Goes on where the reader is, or tells all anew where that place is no more. @throws BusError */
export async function openSession(reading: Reading): Promise<Session> {
  const { stream, place, slots, line, filter } = reading;
  const before = await stream.info();
  const goesOn = place.goesOn(incarnationOf(before), before.state.last_seq);
  if (!goesOn) slots.begin(before.state.last_seq, place.begin(incarnationOf(before)));
  const name = consumerName();
  const created = await stream.within(() =>
    stream.manager.consumers.add(stream.plan.name, {
      name,
      filter_subject: filter,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      mem_storage: true,
      inactive_threshold: forgottenMs * nanos,
      ...(place.reached() === 0 ? { deliver_policy: DeliverPolicy.All } : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: place.reached() + 1 }),
    }),
  );
  // The disk may have been lost in between: then the consumer is one of another stream.
  if (incarnationOf(await stream.info()) !== incarnationOf(before)) return overAlready();
  place.heard();
  if (created.num_pending === 0) tellCurrent(reading);
  reading.onArrival();
  return startPulling({ ...reading, next: nextSubject(stream.plan.name, name), inbox: line.inbox() });
}

function tellCurrent({ slots, place }: Reading): void {
  slots.told();
  place.told();
}

function overAlready(): Session {
  return { pull: () => undefined, over: Promise.resolve(), end: () => undefined };
}

interface Pulling extends Reading {
  readonly next: string;
  readonly inbox: string;
}

interface Flow {
  /** Deliveries of the request that is under way still to come. */
  asked: number;
  /** Deliveries so far. */
  got: number;
}

function startPulling(pulling: Pulling): Session {
  const { line, slots, place, inbox } = pulling;
  const life = line.life();
  if (life.aborted) return overAlready();
  const over = Promise.withResolvers<void>();
  const flow: Flow = { asked: 0, got: 0 };
  let isOver = false;
  const end = (): void => {
    isOver = true;
    silence.stop();
    life.removeEventListener("abort", end);
    subscription.unsubscribe();
    over.resolve();
  };
  const silence = watchSilence(pulling.clock, end);
  const pull = (): void => {
    if (isOver || flow.asked > 0 || slots.waiting() >= room) return;
    flow.asked = batch;
    line.nats.publish(pulling.next, wish, { reply: inbox });
    silence.begin();
  };
  const take = (message: Msg): void => {
    if (isOver) return;
    const isFine = place.heard() && (message.subject === inbox ? takeStatus(pulling, flow, message) : takeEntry(pulling, flow, message));
    if (!isFine) return end();
    if (flow.asked > 0) silence.begin();
    else silence.stop();
    pull();
  };
  const subscription = line.nats.subscribe(inbox, { callback: (err, message) => (err ? end() : take(message)) });
  life.addEventListener("abort", end);
  pull();
  return { pull, over: over.promise, end };
}

const wish = JSON.stringify({ batch, max_bytes: batchBytes, expires: requestMs * nanos, idle_heartbeat: beatMs * nanos });

/** False after a gap, or for a delivery from another life: this consumer is not to be believed any more. */
function takeEntry(pulling: Pulling, flow: Flow, message: Msg): boolean {
  const { slots, place } = pulling;
  const told = readReply(message.reply ?? "");
  if (told === undefined || told.count !== flow.got + 1) return false;
  flow.got = told.count;
  flow.asked -= 1;
  const entry = entryOf({ subject: message.subject, seq: told.seq, data: message.data, headers: message.headers });
  if (place.isTelling()) slots.owe(entry.subject);
  slots.put(entry, 1);
  place.reach(told.seq);
  if (told.pending === 0) tellCurrent(pulling);
  pulling.onArrival();
  return true;
}

/**
 * False when the consumer is gone, when something that it sent was lost, or when it has no more of what stood, though not all
 * was told: what was to come has aged out meanwhile.
 */
function takeStatus({ place }: Pulling, flow: Flow, message: Msg): boolean {
  const status = statusOf(message);
  switch (status.kind) {
    case "beat":
      return status.delivered === flow.got && !place.isTelling();
    case "done":
      flow.asked = 0;
      return true;
    case "broken":
      return false;
  }
}

interface Silence {
  /** From now on, anew. */
  begin(): void;
  stop(): void;
}

function watchSilence(clock: Clock, onSilence: () => void): Silence {
  let cancel: Cancel = () => undefined;
  return {
    begin: () => {
      cancel();
      cancel = clock.schedule(silenceMs, onSilence);
    },
    stop: () => cancel(),
  };
}
