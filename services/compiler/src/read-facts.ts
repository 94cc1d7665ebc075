import type { Bus, Entry, WatchEvent } from "@osm/bus";
import { factKinds, type FactKind, type Observation } from "@osm/model";
import { decodeJson, factPayload, syncPayload, type Subjects } from "@osm/wire";

export interface Folded {
  readonly observation: Observation;
  readonly revision: number;
}

/** Facts as they come off the bus. */
export interface FactReader {
  /** Facts read since the last call, in order. Empty until the list of every kind is complete and read. */
  take(): readonly Folded[];
  /** Whether everything needed to compile has been read. */
  complete(): boolean;
}

interface ReadOptions {
  readonly subjects: Subjects;
  readonly signal: AbortSignal;
  /** Called when `take` may have something. */
  readonly changed: () => void;
}

/**
 * Reads facts and barriers until the signal aborts. Nothing is handed out until every kind has been listed once: a mesh
 * that is half known would look like one of which half was deleted.
 */
export function readFacts(bus: Bus, { subjects, signal, changed }: ReadOptions): { readonly reader: FactReader; readonly done: Promise<void> } {
  const pending: Folded[] = [];
  const barriers = new Map<FactKind, number>();
  let position = 0;
  const complete = () => factKinds.every((kind) => (barriers.get(kind) ?? Infinity) <= position);

  const onFact = (event: WatchEvent) => {
    if (event.kind === "reset") return;
    position = Math.max(position, event.kind === "current" ? event.seq : event.entry.seq);
    const observation = event.kind === "entry" ? observationOf(event.entry, subjects) : undefined;
    if (observation) pending.push({ observation, revision: position });
    if (complete()) changed();
  };
  const onSync = (event: WatchEvent) => {
    const kind = event.kind === "entry" ? factKinds.find((each) => subjects.sync(each) === event.entry.subject) : undefined;
    if (event.kind !== "entry" || !event.entry.bytes || !kind) return;
    barriers.set(kind, decodeJson(syncPayload, event.entry.bytes).through);
    if (complete()) changed();
  };

  return {
    reader: { take: () => (complete() ? pending.splice(0) : []), complete },
    done: follow([
      { events: bus.watch(subjects.facts, { signal }), on: onFact },
      { events: bus.watch(subjects.syncs, { signal }), on: onSync },
    ]),
  };
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

function observationOf({ bytes, subject }: Entry, subjects: Subjects): Observation | undefined {
  if (bytes) return { fact: decodeJson(factPayload, bytes).fact };
  const gone = subjects.factKey(subject);
  return gone && { gone };
}
