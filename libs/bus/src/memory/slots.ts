import type { Entry, WatchEvent } from "../bus.ts";

/**
 * What one reader has been sent and not yet read: one slot a subject, the newest wins. Never more than the stream's subjects,
 * however slow the reader. Read in the order of the numbers, so that what was read is complete up to its last number.
 */
export interface Slots {
  /** Entries come in the order of their numbers. `copies` above 1 are read again, unless a newer one comes first. */
  put(entry: Entry, copies: number): void;
  /** Begins to tell what stands; `current` is read once all of these subjects were. `reset` names the stream when it is told anew. */
  begin(standing: readonly Entry[], seq: number, reset: string | undefined): void;
  take(): WatchEvent | undefined;
}

interface Waiting {
  readonly entry: Entry;
  readonly copies: number;
}

export function createSlots(): Slots {
  const waiting = new Map<string, Waiting>();
  const owed = new Set<string>();
  let current: number | undefined;
  let reset: string | undefined;

  const takeEntry = (): WatchEvent | undefined => {
    const [first] = waiting.values();
    if (first === undefined) return undefined;
    const { entry, copies } = first;
    if (copies > 1) waiting.set(entry.subject, { entry, copies: copies - 1 });
    else waiting.delete(entry.subject);
    owed.delete(entry.subject);
    if (current !== undefined) current = Math.max(current, entry.seq);
    return { kind: "entry", entry };
  };

  return {
    put: (entry, copies) => {
      waiting.delete(entry.subject);
      waiting.set(entry.subject, { entry, copies });
    },
    begin: (standing, seq, incarnation) => {
      waiting.clear();
      owed.clear();
      for (const { subject } of standing) owed.add(subject);
      current = seq;
      reset = incarnation ?? reset;
    },
    take: () => {
      if (reset !== undefined) {
        const event: WatchEvent = { kind: "reset", incarnation: reset };
        reset = undefined;
        return event;
      }
      if (current === undefined || owed.size > 0) return takeEntry();
      const event: WatchEvent = { kind: "current", seq: current };
      current = undefined;
      return event;
    },
  };
}
