/** What a stage made, and what it was made of. */
export interface Made<T> {
  readonly of: readonly unknown[];
  readonly value: T;
}

/**
 * What was made before, where it was made of the very same things; else it is made now. Facts and what is made of them
 * never change, so being the same is enough; that `make` reads nothing but `of` is what the churn test holds it to.
 */
export function made<T>(before: Made<T> | undefined, of: readonly unknown[], make: (earlier: T | undefined) => T): Made<T> {
  return before && isSame(before.of, of) ? before : { of, value: make(before?.value) };
}

/** The earlier list, where the new one holds the very same things: what is made of it need not be made again. */
export function steady<T>(earlier: readonly T[] | undefined, list: readonly T[]): readonly T[] {
  return earlier && isSame(earlier, list) ? earlier : list;
}

/** The earlier set, where the new one holds the very same things. */
export function steadySet<T>(earlier: ReadonlySet<T> | undefined, set: ReadonlySet<T>): ReadonlySet<T> {
  return earlier && earlier.size === set.size && set.isSubsetOf(earlier) ? earlier : set;
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
