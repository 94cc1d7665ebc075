import type { Entry, WatchEvent } from "./bus.ts";

/**
 * What one reader has been sent and not yet read: one slot a subject, the newest wins. Never more than the stream's subjects,
 * however slow the reader. Read in the order of the numbers, so that what was read is complete up to its last number.
 */
export interface Slots {
  /** Entries come in the order of their numbers. `copies` above 1 are read again, unless a newer one comes first. */
  put(entry: Entry, copies: number): void;
  /** Begins to tell what stands, as of `seq`; `reset` names the stream when it is told anew. */
  begin(seq: number, reset: string | undefined): void;
  /** A subject that stood: `current` is read after it. */
  owe(subject: string): void;
  /** All that stood is known: `current` is read once what is owed was. */
  told(): void;
  take(): WatchEvent | undefined;
  /** Subjects that wait to be read. */
  waiting(): number;
}

interface Waiting {
  readonly entry: Entry;
  readonly copies: number;
}

export function createSlots(): Slots {
  const waiting = new Map<string, Waiting>();
  const owed = new Set<string>();
  let current: number | undefined;
  let isTold = false;
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
  const takeReset = (incarnation: string): WatchEvent => {
    reset = undefined;
    return { kind: "reset", incarnation };
  };
  const takeCurrent = (seq: number): WatchEvent => {
    current = undefined;
    return { kind: "current", seq };
  };

  return {
    put: (entry, copies) => {
      waiting.delete(entry.subject);
      waiting.set(entry.subject, { entry, copies });
    },
    begin: (seq, incarnation) => {
      waiting.clear();
      owed.clear();
      current = seq;
      isTold = false;
      reset = incarnation ?? reset;
    },
    owe: (subject) => void owed.add(subject),
    told: () => void (isTold = true),
    take: () => {
      if (reset !== undefined) return takeReset(reset);
      if (current !== undefined && isTold && owed.size === 0) return takeCurrent(current);
      return takeEntry();
    },
    waiting: () => waiting.size,
  };
}
