/** Time as an argument: what lives by it can be driven by hand in a test. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once, after this many milliseconds, unless it was cancelled. Never within the call itself. */
  schedule(afterMs: number, run: () => void): Cancel;
}
export type Cancel = () => void;

/** About 24 days: beyond it Node's timers fire at once. */
const longestMs = 2 ** 31 - 1;

/** The machine's clock. What it has scheduled does not keep the process alive. @throws RangeError for a wait above 24 days. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule: (afterMs, run) => {
    if (afterMs > longestMs) throw new RangeError("a wait of more than 24 days");
    const timer = setTimeout(run, afterMs).unref();
    return () => clearTimeout(timer);
  },
};
