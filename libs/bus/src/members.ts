import { createPump, systemClock, type Clock, type Log } from "@osm/runtime";
import { BusError, type Bus, type WatchEvent } from "./bus.ts";

export interface MembersOptions {
  readonly bus: Bus;
  /** Where this one beats. */
  readonly subject: string;
  /** Where all of its kind do. */
  readonly filter: string;
  /** What the next beat says. */
  readonly say: () => Uint8Array;
  /** What another one said; undefined: it is gone. `goodbye`: by its own word. */
  readonly heard: (subject: string, said: Uint8Array | undefined, goodbye: boolean) => void;
  /** An own beat has come back: all that others said before it was written has been heard. */
  readonly echoed: (said: Uint8Array, seq: number) => void;
  readonly clock?: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
}

/** The living ones of a kind, as each of them knows it from heartbeats on the bus. */
export interface Members {
  /** Resolves when all who live have been heard of. */
  readonly known: Promise<void>;
  /** Begins to beat. Only the first call counts. */
  join(): void;
  /** Beats at once, once it has joined. */
  beat(): void;
  /**
   * True while the others cannot have given this one up: its last beat was begun less than a lease ago, which is shorter than
   * they wait. Asked right before a write, so that one that stood still does not go on as if nothing had been.
   */
  isAlive(): boolean;
  /** Says goodbye, as far as the bus can be reached: others need not wait. */
  leave(): Promise<void>;
  /** Resolves when the signal has aborted. */
  readonly done: Promise<void>;
}

const tickMs = 250;
/** Ticks without a beat after which a member is given up. They are counted, so that one that stood still itself blames nobody. */
const patience = 5;
const leaseMs = 1000;
/** For those who only read what stands. */
const ttlMs = 3000;
/** On the tombstone of one that left; that of a beat whose time ran out has none. */
const leaving = "osm-leaving";

/** Peers of one that dies own what was its within some 1.5 s. */
export function joinMembers(options: MembersOptions): Members {
  const { bus, subject, filter, log, signal, clock = systemClock } = options;
  const silent = new Map<string, number>();
  const known = Promise.withResolvers<void>();
  let [isBeating, aliveUntil] = [false, -Infinity];

  const gone = (other: string, goodbye: boolean) => {
    if (silent.delete(other)) options.heard(other, undefined, goodbye);
  };
  const take = (event: WatchEvent) => {
    if (event.kind === "current") known.resolve();
    if (event.kind !== "entry") return;
    const { subject: from, seq, bytes, headers } = event.entry;
    if (from === subject) return bytes && options.echoed(bytes, seq);
    if (!bytes) return gone(from, leaving in headers);
    silent.set(from, 0);
    options.heard(from, bytes, false);
  };
  const follow = async () => {
    for await (const event of bus.watch(filter, { signal })) take(event);
    known.resolve();
  };
  const say = async () => {
    const begun = clock.now();
    try {
      await bus.publish(subject, options.say(), { ttlMs });
      aliveUntil = begun + leaseMs;
    } catch (err) {
      if (!(err instanceof BusError)) throw err;
      log.debug({ err }, "heartbeat not written");
    }
  };
  const pump = createPump(say, options.failed);
  const tick = () => {
    if (signal.aborted) return;
    clock.schedule(tickMs, tick);
    for (const [other, ticks] of silent) {
      silent.set(other, ticks + 1);
      if (ticks + 1 >= patience) gone(other, false);
    }
    if (isBeating) pump.trigger();
  };
  clock.schedule(tickMs, tick);
  return {
    known: known.promise,
    join: () => {
      if (!isBeating) pump.trigger();
      isBeating = true;
    },
    beat: () => {
      if (isBeating && !signal.aborted) pump.trigger();
    },
    isAlive: () => clock.now() < aliveUntil,
    leave: async () => {
      await pump.idle();
      if (isBeating) await bus.publish(subject, undefined, { headers: { [leaving]: "yes" } }).catch(() => log.debug({}, "left without goodbye"));
    },
    done: follow(),
  };
}
