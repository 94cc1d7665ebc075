import type { Clock } from "@osm/runtime";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets time pass, and runs what falls due on the way, in its order and at its time. */
  advance(ms: number): void;
}

interface Due {
  readonly at: number;
  readonly run: () => void;
}

export function manualClock(start = 0): ManualClock {
  let now = start;
  const waiting = new Set<Due>();
  return {
    now: () => now,
    schedule: (afterMs, run) => {
      const due = { at: now + afterMs, run };
      waiting.add(due);
      return () => void waiting.delete(due);
    },
    advance: (ms) => {
      const end = now + ms;
      for (let due = nextDue(waiting, end); due !== undefined; due = nextDue(waiting, end)) {
        waiting.delete(due);
        now = Math.max(now, due.at);
        due.run();
      }
      now = end;
    },
  };
}

/** The earliest that falls due; of several at one time the one that was scheduled first. */
function nextDue(waiting: ReadonlySet<Due>, end: number): Due | undefined {
  let next: Due | undefined;
  for (const due of waiting) if (due.at <= end && (next === undefined || due.at < next.at)) next = due;
  return next;
}
