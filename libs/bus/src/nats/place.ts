import type { Clock } from "@osm/runtime";

/** How far a reader has come, and in which life of the stream. */
export interface Place {
  reached(): number;
  reach(seq: number): void;
  isTelling(): boolean;
  told(): void;
  /** The server was heard. False when that was so long ago that tombstones may have been missed. */
  heard(): boolean;
  /**
   * True when what the reader knows holds: the same stream, which has not lost its end, and no silence as long as tombstones
   * live.
   */
  goesOn(incarnation: string, lastSeq: number): boolean;
  /** Starts from nothing. @returns what to tell the reader; nothing at its first start. */
  begin(incarnation: string): string | undefined;
}

/** Of the life of tombstones so much may pass in silence; the rest is for clocks that differ. */
const share = 0.8;

export function createPlace(clock: Clock, tombstoneTtlMs: number): Place {
  let known: string | undefined;
  let [reached, heardAt, isTelling] = [0, 0, true];
  const isRecent = (): boolean => clock.now() - heardAt < tombstoneTtlMs * share;
  return {
    reached: () => reached,
    reach: (seq) => void (reached = seq),
    isTelling: () => isTelling,
    told: () => void (isTelling = false),
    heard: () => {
      const inTime = isRecent();
      if (inTime || heardAt === 0) heardAt = clock.now();
      return inTime;
    },
    goesOn: (incarnation, lastSeq) => known === incarnation && lastSeq >= reached && isRecent(),
    begin: (incarnation) => {
      const again = known === undefined ? undefined : incarnation;
      known = incarnation;
      [reached, heardAt, isTelling] = [0, clock.now(), true];
      return again;
    },
  };
}
