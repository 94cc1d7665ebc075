import type { Entry, WatchEvent } from "@osm/bus";
import { PayloadError } from "@osm/wire";
import type { Log } from "@osm/runtime";

/** How one noun is told: how far it was read, and what was told since the stream was begun again. */
export interface Telling {
  take(event: WatchEvent): void;
  /** Everything up to this number has been read. */
  reached(seq: number): boolean;
  /** All has been told: after a reset, what was not told anew is let go of. */
  settle(): void;
}

interface TellingOptions {
  readonly log: Log;
  readonly on: (entry: Entry) => void;
  /** What the reader holds that the new telling did not speak of is gone. */
  readonly keepOnly: (subjects: ReadonlySet<string>) => void;
}

/** Reads one noun. What was known stays through a reset, until all has been told anew: absence means nothing before. */
export function createTelling({ log, on, keepOnly }: TellingOptions): Telling {
  let position = 0;
  let isCurrent = false;
  let told: Set<string> | undefined;

  const takeEntry = (entry: Entry) => {
    position = Math.max(position, entry.seq);
    if (entry.bytes) told?.add(entry.subject);
    else told?.delete(entry.subject);
    unlessUnreadable(log, () => on(entry));
  };
  return {
    take: (event) => {
      switch (event.kind) {
        case "entry":
          return takeEntry(event.entry);
        case "current":
          [position, isCurrent] = [Math.max(position, event.seq), true];
          return;
        case "reset":
          [position, isCurrent, told] = [0, false, new Set()];
      }
    },
    reached: (seq) => isCurrent && position >= seq,
    settle: () => {
      if (told) keepOnly(told);
      told = undefined;
    },
  };
}

/** One payload that cannot be read is no reason to stop: what was known under its subject stays. */
export function unlessUnreadable(log: Log, read: () => void): void {
  try {
    read();
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    log.error({ err }, "payload unreadable, earlier one stays");
  }
}
