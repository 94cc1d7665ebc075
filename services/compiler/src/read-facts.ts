import type { Bus, Entry, WatchEvent } from "@osm/bus";
import { factKinds, type FactKind, type Numbered, type Observation } from "@osm/model";
import type { Log } from "@osm/runtime";
import { decodeJson, factPayload, liveOrigins, PayloadError, syncPayload, type Origin, type Subjects } from "@osm/wire";
import type { z } from "zod";

/** A fact, and the change that it tells of; none where it is old news. */
export interface ReadFact extends Numbered {
  readonly origin: Origin | undefined;
}

/** Facts read since the last time, in order. `anew`: they are all there are, to be folded into an empty state. */
export interface News {
  readonly anew: boolean;
  readonly facts: readonly ReadFact[];
  /** Everything on the stream up to here was looked at. */
  readonly through: number;
}

/** Facts as they come off the bus. */
export interface FactReader {
  /** Undefined until the list of every kind is complete and read, and again while a lost stream is being told anew. */
  take(): News | undefined;
}

export interface ReadOptions {
  readonly subjects: Subjects;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when `take` may have something. */
  readonly changed: () => void;
}

/**
 * Reads facts and barriers until the signal aborts. Nothing is handed out until every kind has been listed once and all that
 * stood has been read: a mesh that is half known would look like one of which half was deleted.
 */
export function readFacts(bus: Bus, options: ReadOptions): { readonly reader: FactReader; readonly done: Promise<void> } {
  const { subjects, signal, changed } = options;
  const reading = newReading();
  const { reader, onFact, onSync } = reading;
  const at = (on: (event: WatchEvent) => void) => (event: WatchEvent) => {
    unlessUnreadable(options.log, () => on(event));
    if (reading.complete()) changed();
  };
  return {
    reader,
    done: follow([
      { events: bus.watch(subjects.facts, { signal }), on: at((event) => onFact(event, subjects)) },
      { events: bus.watch(subjects.syncs, { signal }), on: at((event) => onSync(event, subjects)) },
    ]),
  };
}

/** What has been read, from the start of the stream's telling. */
function newReading() {
  const barriers = new Map<FactKind, z.output<typeof syncPayload>>();
  const originOf = liveOrigins();
  let pending: ReadFact[] = [];
  let position = 0;
  let incarnation: string | undefined;
  let isCurrent = false;
  let anew = true;
  const passed = (kind: FactKind) => {
    const barrier = barriers.get(kind);
    return barrier !== undefined && (incarnation ?? barrier.incarnation) === barrier.incarnation && barrier.through <= position;
  };
  const complete = () => isCurrent && factKinds.every(passed);

  const reset = (to: string) => {
    [pending, position, incarnation, isCurrent, anew] = [[], 0, to, false, true];
  };
  const onFact = (event: WatchEvent, subjects: Subjects) => {
    const origin = originOf(event);
    if (event.kind === "reset") return reset(event.incarnation);
    position = Math.max(position, event.kind === "current" ? event.seq : event.entry.seq);
    if (event.kind === "current") isCurrent = true;
    const observation = event.kind === "entry" ? observationOf(event.entry, subjects) : undefined;
    if (observation) pending.push({ observation, revision: position, origin });
  };
  const onSync = (event: WatchEvent, subjects: Subjects) => {
    const kind = event.kind === "entry" ? factKinds.find((each) => subjects.sync(each) === event.entry.subject) : undefined;
    if (event.kind === "entry" && event.entry.bytes && kind) barriers.set(kind, decodeJson(syncPayload, event.entry.bytes));
  };
  const take = (): News | undefined => {
    if (!complete()) return undefined;
    const news = { anew, facts: pending, through: position };
    [pending, anew] = [[], false];
    return news;
  };
  return { reader: { take }, complete, onFact, onSync };
}

/** One payload that cannot be read is no reason to stop: what was known of its object stays. */
export function unlessUnreadable(log: Log, read: () => void): void {
  try {
    read();
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    log.error({ err }, "payload unreadable, passed over");
  }
}

interface Followed {
  readonly events: AsyncIterable<WatchEvent>;
  readonly on: (event: WatchEvent) => void;
}

async function follow(all: readonly Followed[]): Promise<void> {
  await Promise.all(all.map(async ({ events, on }) => {
    for await (const event of events) on(event);
  }));
}

/** Undefined for a kind that only a newer watcher knows. */
function observationOf({ bytes, subject }: Entry, subjects: Subjects): Observation | undefined {
  const fact = bytes && decodeJson(factPayload, bytes).fact;
  if (fact) return factKinds.includes(fact.kind) ? { fact } : undefined;
  const gone = subjects.factKey(subject);
  return gone && { gone };
}
