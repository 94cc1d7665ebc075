import type { Bus, Entry, WatchEvent } from "@osm/bus";
import { decodeJson, verdictPayload, type VerdictPayload } from "@osm/wire";
import { unlessUnreadable, type ReadOptions } from "./read-facts.ts";

/** A verdict as it stands. */
export interface Standing extends Pick<Entry, "subject" | "seq"> {
  readonly verdict: VerdictPayload;
}

/** What Envoys rejected, as it is said on the bus. */
export interface VerdictReader {
  /** Something changed since `take`. */
  isNew(): boolean;
  /** All that stands. */
  take(): readonly Standing[];
}

/** Reads verdicts until the signal aborts. After a reset what was known stays until all has been told anew. */
export function readVerdicts(bus: Bus, { subjects, log, signal, changed }: ReadOptions): { readonly verdicts: VerdictReader; readonly done: Promise<void> } {
  const standing = new Map<string, Standing>();
  let told: Set<string> | undefined;
  let isNew = false;

  const takeEntry = ({ subject, seq, bytes }: Entry) => {
    if (!bytes) return lose(subject);
    told?.add(subject);
    unlessUnreadable(log, () => standing.set(subject, { subject, seq, verdict: decodeJson(verdictPayload, bytes) }));
    isNew = true;
  };
  const lose = (subject: string) => {
    if (standing.delete(subject)) isNew = true;
  };
  const settle = () => {
    for (const subject of told ? [...standing.keys()] : []) if (!told?.has(subject)) lose(subject);
    told = undefined;
  };
  const take = (event: WatchEvent) => {
    switch (event.kind) {
      case "entry":
        return takeEntry(event.entry);
      case "current":
        return settle();
      case "reset":
        told = new Set();
    }
  };
  const follow = async () => {
    for await (const event of bus.watch(subjects.verdicts, { signal })) {
      take(event);
      if (isNew) changed();
    }
  };
  return {
    verdicts: {
      isNew: () => isNew,
      take: () => {
        isNew = false;
        return [...standing.values()];
      },
    },
    done: follow(),
  };
}
