import { backoffMs, sleep, type Clock, type Log } from "@osm/runtime";
import { createBell, type Bell } from "../bell.ts";
import { BusError, type Bus, type WatchEvent } from "../bus.ts";
import { createSlots } from "../slots.ts";
import { matcherOf } from "../subject.ts";
import type { Line } from "./line.ts";
import { createPlace } from "./place.ts";
import { openSession, type Reading, type Session } from "./session.ts";
import type { KeptStream } from "./stream-setup.ts";

export interface Watching {
  readonly line: Line;
  readonly stream: KeptStream;
  readonly clock: Clock;
  readonly log: Log;
}

const backoff = { firstMs: 50, maxMs: 2000 };

export function watches(watching: Watching): Pick<Bus, "watch"> {
  return {
    watch: (filter, { signal }) => {
      matcherOf(filter);
      return read(watching, filter, AbortSignal.any([signal, watching.line.closed]));
    },
  };
}

/** Sessions follow one another until the reader stops; of all that happens to them it sees last values alone. */
async function* read(watching: Watching, filter: string, ended: AbortSignal): AsyncGenerator<WatchEvent, void> {
  if (ended.aborted) return;
  const bell = createBell();
  const stop = new AbortController();
  const slots = createSlots();
  const place = createPlace(watching.clock, watching.stream.plan.tombstoneTtlMs);
  const reading = { ...watching, filter, slots, place, onArrival: bell.ring, ended: AbortSignal.any([ended, stop.signal]) };
  reading.ended.addEventListener("abort", bell.ring);
  const feed = startFeed(reading, watching.log, bell);
  try {
    while (!ended.aborted) {
      const event = slots.take();
      feed.onTaken();
      if (event !== undefined) yield event;
      else if (feed.failure() === undefined) await bell.heard();
      else throw feed.failure();
    }
  } finally {
    stop.abort();
    await feed.done;
  }
}

interface Feed {
  /** There may be room again. */
  onTaken(): void;
  /** What no later try would mend. */
  failure(): unknown;
  readonly done: Promise<void>;
}

function startFeed(reading: Reading, log: Log, bell: Bell): Feed {
  let failure: unknown;
  let session: Session | undefined;
  const run = async (): Promise<void> => {
    for (let failures = 0; !reading.ended.aborted; ) {
      await reading.line.standing(reading.ended);
      if (reading.ended.aborted) return;
      try {
        session = await openSession(reading);
        failures = 0;
        await untilOver(session, reading.ended);
      } catch (err) {
        if (!(err instanceof BusError) || err.code === "Refused") throw err;
        failures += 1;
        log.debug({ err, filter: reading.filter, failures }, "watch cannot go on, tried again");
        await sleep(backoffMs(backoff, failures, Math.random()), reading.ended);
      }
    }
  };
  const done = run().catch((err: unknown) => {
    failure = err;
    bell.ring();
  });
  return { onTaken: () => session?.pull(), failure: () => failure, done };
}

async function untilOver(session: Session, ended: AbortSignal): Promise<void> {
  ended.addEventListener("abort", session.end);
  if (ended.aborted) session.end();
  await session.over;
  ended.removeEventListener("abort", session.end);
}
