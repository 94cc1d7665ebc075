import { BusError, type Bus, type Entry, type Headers } from "./bus.ts";

export interface WriterOptions {
  /** What makes two values the same, for instance all but the time of observation. */
  readonly sameAs: (bytes: Uint8Array) => string;
  /** True when a value that another writer put there meanwhile is newer than ours, so that ours is dropped. */
  readonly yieldsTo: (theirs: Uint8Array, ours: Uint8Array) => boolean;
}

/** Keeps the last values of subjects as one writer among several would: fenced, and never writing what already stands. */
export interface Writer {
  /** Tells the writer what stands, as a watch delivers it. */
  adopt(entry: Entry): void;
  /** Writes or (without bytes) withdraws. @returns the number of the entry that stands afterwards; 0 when there is none. */
  write(subject: string, bytes: Uint8Array | undefined, headers?: Headers): Promise<number>;
  /** Subjects that have a value, as far as the writer knows. */
  standing(): Iterable<string>;
}

interface Standing {
  readonly seq: number;
  /** Undefined for a tombstone. */
  readonly value: string | undefined;
}

/** How often a write is tried against others that write the same subject. */
const mostConflicts = 16;

export function createWriter(bus: Bus, { sameAs, yieldsTo }: WriterOptions): Writer {
  const known = new Map<string, Standing>();
  const valueOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : sameAs(bytes));

  const adopt = ({ subject, seq, bytes }: Entry) => {
    if (seq > (known.get(subject)?.seq ?? 0)) known.set(subject, { seq, value: valueOf(bytes) });
  };

  const attempt = async (subject: string, bytes: Uint8Array | undefined, headers: Headers): Promise<number | undefined> => {
    const before = known.get(subject) ?? { seq: 0, value: undefined };
    if (before.value === valueOf(bytes)) return before.seq;
    try {
      const seq = await bus.publish(subject, bytes, { expectedSeq: before.seq, headers });
      known.set(subject, { seq, value: valueOf(bytes) });
      return seq;
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== "WrongSequence") throw error;
    }
    const theirs = await bus.last(subject);
    known.set(subject, { seq: theirs?.seq ?? 0, value: valueOf(theirs?.bytes) });
    const dropped = theirs?.bytes !== undefined && bytes !== undefined && yieldsTo(theirs.bytes, bytes);
    return dropped ? theirs.seq : undefined;
  };

  return {
    adopt,
    write: async (subject, bytes, headers = {}) => {
      for (let tries = 0; tries < mostConflicts; tries++) {
        const seq = await attempt(subject, bytes, headers);
        if (seq !== undefined) return seq;
      }
      throw new BusError("WrongSequence", "others keep writing this subject");
    },
    *standing() {
      for (const [subject, { value }] of known) if (value !== undefined) yield subject;
    },
  };
}
