import type { Clock } from "@osm/runtime";
import { createWaitingLine } from "./waiting-line.ts";

/** Ends a turn, so that the next may have theirs. A second call does nothing. */
export type EndTurn = () => void;

export interface Turnstile {
  /**
   * Resolves when it is one's turn; undefined: too many wait already, or it would take too long, or the signal aborts. Who comes
   * `from` one place waits for others of that place, and the places take turns: none of them can crowd out another.
   */
  enter(from: string, signal?: AbortSignal): Promise<EndTurn | undefined>;
  waiting(): number;
}

interface TurnstileOptions extends Pick<Clock, "schedule"> {
  /** So many have their turn at a time. */
  readonly most: number;
  /** And so many of one place. */
  readonly mostOfOne: number;
  readonly mostWaiting: number;
  readonly longestWaitMs: number;
  /** A turn that nobody ends is over after this. */
  readonly longestTurnMs: number;
}

interface Guest {
  readonly from: string;
  readonly answer: (turn: EndTurn | undefined) => void;
}

/** Lets a crowd through in small numbers, in the order they came, and sends away at once who would wait in vain. */
export function createTurnstile(options: TurnstileOptions): Turnstile {
  const { most, mostOfOne, mostWaiting, longestWaitMs, longestTurnMs, schedule } = options;
  const line = createWaitingLine<Guest>();
  const inside = createCount();

  const letIn = ({ from, answer }: Guest) => {
    inside.add(from, 1);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      cancel();
      inside.add(from, -1);
      letMoreIn();
    };
    const cancel = schedule(longestTurnMs, end);
    answer(end);
  };
  const nextGuest = () => (inside.all() < most ? line.next((from) => inside.of(from) < mostOfOne) : undefined);
  const letMoreIn = () => {
    for (let guest = nextGuest(); guest; guest = nextGuest()) letIn(guest);
  };
  /** @returns false where all places are taken; else a crowd gives way to who comes alone. */
  const hasRoomFor = (from: string): boolean => {
    if (line.size() < mostWaiting) return true;
    const goes = line.makeRoomFor(from);
    goes?.answer(undefined);
    return goes !== undefined;
  };
  return {
    waiting: line.size,
    enter: async (from, signal) => {
      if (signal?.aborted || !hasRoomFor(from)) return undefined;
      const { promise, resolve } = Promise.withResolvers<EndTurn | undefined>();
      const guest: Guest = { from, answer: resolve };
      line.add(from, guest);
      letMoreIn();
      const giveUp = () => line.remove(from, guest) && resolve(undefined);
      const cancel = schedule(longestWaitMs, giveUp);
      signal?.addEventListener("abort", giveUp, { once: true });
      const turn = await promise;
      cancel();
      signal?.removeEventListener("abort", giveUp);
      return turn;
    },
  };
}

function createCount() {
  const byPlace = new Map<string, number>();
  let all = 0;
  return {
    all: () => all,
    of: (from: string) => byPlace.get(from) ?? 0,
    add: (from: string, by: 1 | -1) => {
      const now = (byPlace.get(from) ?? 0) + by;
      all += by;
      if (now > 0) byPlace.set(from, now);
      else byPlace.delete(from);
    },
  };
}
