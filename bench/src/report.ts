/** One line of what was measured. */
export interface Row {
  readonly bench: string;
  /** Under which load. */
  readonly of: string;
  readonly what: string;
  /** Unit → number. */
  readonly values: Readonly<Record<string, number>>;
}

export function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const start = performance.now();
  const value = work();
  return { value, ms: performance.now() - start };
}

/** The one in the middle; of an even number, the higher of the two. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError("nothing was measured");
  return middle;
}

/** A row as a line for people. */
export function lineOf({ of, what, values }: Row): string {
  const numbers = Object.entries(values).map(([unit, value]) => `${rounded(value)} ${unit}`);
  return `${of.padEnd(30)}${what.padEnd(30)}${numbers.join(", ")}`;
}

/** Three digits that count; whole numbers above. */
export function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : `${Number(value.toPrecision(3))}`;
}
