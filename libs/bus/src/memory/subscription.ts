import type { Cancel, Clock } from "@osm/runtime";
import type { Entry, WatchEvent } from "../bus.ts";
import { createSlots, type Slots } from "../slots.ts";
import type { Stream } from "./stream.ts";

/** What a bad day does to deliveries. */
export interface Faults {
  /** True: this delivery never arrives. The reader finds the gap and asks again. */
  readonly drop?: (entry: Entry) => boolean;
  /** True: this delivery arrives twice. */
  readonly duplicate?: (entry: Entry) => boolean;
}

export interface SubscriptionOptions {
  readonly stream: Stream;
  readonly matches: (subject: string) => boolean;
  readonly faults: Faults;
  readonly clock: Clock;
  /** After a lost delivery that no other one follows: how long until the reader learns how many were sent. */
  readonly heartbeatMs: number;
  readonly isOnline: boolean;
  /** Called when there may be something to take. */
  readonly onArrival: () => void;
}

/** One reader of the stream and the line to it. */
export interface Subscription {
  take(): WatchEvent | undefined;
  disconnect(): void;
  reconnect(): void;
  close(): void;
}

/** The line's state. Deliveries are counted on both ends, as an ordered consumer of JetStream does. */
interface Line {
  sent: number;
  got: number;
  /** Every write up to this one that matters to the reader has arrived. */
  reached: number;
  /** The stream that the reader was told of; undefined before it was told anything. */
  incarnation: string | undefined;
  isOnline: boolean;
  isAnswering: boolean;
  heartbeat: Cancel | undefined;
}

export function subscribe(options: SubscriptionOptions): Subscription {
  const { stream, onArrival } = options;
  const slots = createSlots();
  const line: Line = { sent: 0, got: 0, reached: 0, incarnation: undefined, isOnline: options.isOnline, isAnswering: false, heartbeat: undefined };
  const end: End = { ...options, line, slots };

  const unfollow = stream.follow({
    wrote: (entry) => {
      if (line.isOnline && options.matches(entry.subject)) deliver(end, entry);
    },
    lost: () => {
      if (line.isOnline) resume(end);
    },
  });
  if (line.isOnline) resume(end);

  return {
    take: () => slots.take(),
    disconnect: () => {
      if (line.isOnline && line.sent === line.got) line.reached = stream.lastSeq();
      line.isOnline = false;
    },
    reconnect: () => {
      if (line.isOnline) return;
      line.isOnline = true;
      resume(end);
      onArrival();
    },
    close: () => {
      unfollow();
      line.heartbeat?.();
    },
  };
}

interface End extends SubscriptionOptions {
  readonly line: Line;
  readonly slots: Slots;
}

function deliver(end: End, entry: Entry): void {
  const { line, faults } = end;
  line.sent += 1;
  if (faults.drop?.(entry) === true) awaitHeartbeat(end);
  else arrive(end, entry, line.sent);
}

function arrive(end: End, entry: Entry, count: number): void {
  const { line, slots, faults } = end;
  if (count !== line.got + 1) return resume(end);
  line.got = count;
  line.reached = entry.seq;
  slots.put(entry, faults.duplicate?.(entry) === true ? 2 : 1);
  end.onArrival();
}

function awaitHeartbeat(end: End): void {
  const { line } = end;
  line.heartbeat ??= end.clock.schedule(end.heartbeatMs, () => {
    line.heartbeat = undefined;
    if (line.isOnline && line.sent !== line.got) resume(end);
  });
}

/** Asks again from where the reader is, or from the start when that place is no more. */
function resume(end: End): void {
  const { line, stream } = end;
  answer(end, () => {
    line.got = line.sent;
    if (line.incarnation === undefined) tellAll(end, undefined);
    else if (line.incarnation !== stream.incarnation() || stream.forgottenSeq() > line.reached) tellAll(end, stream.incarnation());
    else standingAfter(end, line.reached).forEach((entry) => deliver(end, entry));
  });
}

/** One answer at a time: a gap within an answer waits for the heartbeat that its lost delivery has called for. */
function answer({ line }: End, tell: () => void): void {
  if (line.isAnswering) return;
  line.isAnswering = true;
  tell();
  line.isAnswering = false;
}

function tellAll(end: End, reset: string | undefined): void {
  const { line, stream, slots } = end;
  line.incarnation = stream.incarnation();
  line.reached = 0;
  const standing = standingAfter(end, 0);
  slots.begin(stream.lastSeq(), reset);
  for (const { subject } of standing) slots.owe(subject);
  slots.told();
  for (const entry of standing) deliver(end, entry);
  end.onArrival();
}

function standingAfter({ stream, matches }: End, seq: number): readonly Entry[] {
  return stream.after(seq).filter(({ subject }) => matches(subject));
}
