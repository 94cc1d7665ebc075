/** What a line of messages stands on. */
export interface LineGround {
  /** Nothing is taken any more. */
  readonly isOver: () => boolean;
  /** More is not to be read for now; and is again. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Messages in the order they came. */
export interface MessageLine {
  add(message: Buffer): void;
  /** Some wait. */
  isLong(): boolean;
}

/** Thousands of small messages fit in one read: who sends them waits, and others are served in between. */
const longestTurnMs = 5;

/** Messages are taken as they come, for a few milliseconds in one turn of the loop. */
export function createMessageLine(take: (message: Buffer) => void, { isOver, pause, resume }: LineGround): MessageLine {
  const waiting: Buffer[] = [];
  let endsAt: number | undefined;
  /** There is for one message in every turn, however late it comes. */
  const hasTime = () => {
    if (endsAt !== undefined) return performance.now() < endsAt;
    endsAt = performance.now() + longestTurnMs;
    setImmediate(() => (endsAt = undefined));
    return true;
  };
  const goOn = () => {
    while (waiting.length > 0 && !isOver() && hasTime()) {
      const message = waiting.shift();
      if (message) take(message);
    }
    if (isOver()) waiting.length = 0;
    else if (waiting.length > 0) setImmediate(goOn);
    else resume();
  };
  return {
    isLong: () => waiting.length > 0,
    add: (message) => {
      if (waiting.length === 0 && hasTime()) return take(message);
      waiting.push(message);
      if (waiting.length > 1) return;
      pause();
      setImmediate(goOn);
    },
  };
}
