/** Says the story line by line; the first thing that is not as it should be ends it. */
export interface Teller {
  line(text: string): void;
  /** A step that took this long from the change of a file to the last ACK. */
  step(text: string, tookMs?: number): void;
  expect(holds: boolean, what: string): void;
}

export class NotAsTold extends Error {
  override readonly name = "NotAsTold";
}

export function createTeller(write: (line: string) => void): Teller {
  let steps = 0;
  return {
    line: (text) => write(`      ${text}`),
    step: (text, tookMs) => {
      steps++;
      write(`${String(steps).padStart(3)}.  ${text}${tookMs === undefined ? "" : `  [file to last ACK: ${tookMs} ms]`}`);
    },
    expect: (holds, what) => {
      if (!holds) throw new NotAsTold(what);
    },
  };
}
