/** Compares by UTF-16 code unit: the same on every machine and in every locale. */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A copy in the order of a text key. */
export function inOrder<T>(items: Iterable<T>, key: (item: T) => string): readonly T[] {
  return [...items].sort((a, b) => compareCodePoints(key(a), key(b)));
}

/** Distinct texts, in order. */
export function distinct(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort(compareCodePoints);
}
