export interface ChunkLimits {
  readonly count: number;
  readonly bytes: number;
}

/** Cuts into runs that hold to the limits; one that alone is too large is a run of its own. */
export function* chunksOf<T>(items: readonly T[], sizeOf: (item: T) => number, most: ChunkLimits): Generator<readonly T[], void> {
  let chunk: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (chunk.length > 0 && (chunk.length >= most.count || bytes + size > most.bytes)) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
