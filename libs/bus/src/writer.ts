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
  /**
   * Forgets all that stands, as a watch's `reset` asks for: on another stream numbers begin again, and what the writer knew
   * of the old one would mislead it. A write that is under way begins again.
   */
  forget(): void;
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

type Value = Pick<Entry, "subject" | "bytes">;

/** How often a write is tried against others that write the same subject. */
const mostConflicts = 16;
const nothing: Standing = { seq: 0, value: undefined };

export function createWriter(bus: Bus, { sameAs, yieldsTo }: WriterOptions): Writer {
  let known = new Map<string, Standing>();
  const valueOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : sameAs(bytes));
  const standingOf = (subject: string) => known.get(subject) ?? nothing;
  const note = ({ subject, bytes }: Value, seq: number) => known.set(subject, { seq, value: valueOf(bytes) });

  const adopt = ({ subject, seq, bytes }: Entry) => {
    if (seq > standingOf(subject).seq) note({ subject, bytes }, seq);
  };

  /** After a conflict: learns what stands. @returns its number when ours is dropped for it. */
  const giveWay = async (ours: Value, before: Standing): Promise<number | undefined> => {
    const theirs = await bus.last(ours.subject);
    // What a watch has told meanwhile is newer than this answer.
    if (standingOf(ours.subject).seq === before.seq) note({ ...ours, bytes: theirs?.bytes }, theirs?.seq ?? 0);
    return theirs?.bytes && ours.bytes && yieldsTo(theirs.bytes, ours.bytes) ? theirs.seq : undefined;
  };

  const attempt = async (ours: Value, headers: Headers): Promise<number | undefined> => {
    const before = standingOf(ours.subject);
    if (before.value === valueOf(ours.bytes)) return before.seq;
    const life = known;
    const seq = await publishAfter(bus, { ...ours, seq: before.seq, headers });
    if (life !== known) return undefined;
    if (seq === undefined) return giveWay(ours, before);
    adopt({ ...ours, seq, headers });
    return seq;
  };

  return {
    adopt,
    forget: () => {
      known = new Map();
    },
    write: async (subject, bytes, headers = {}) => {
      for (let tries = 0; tries < mostConflicts; tries++) {
        const seq = await attempt({ subject, bytes }, headers);
        if (seq !== undefined) return seq;
      }
      throw new BusError("WrongSequence", "others keep writing this subject");
    },
    *standing() {
      for (const [subject, { value }] of known) if (value !== undefined) yield subject;
    },
  };
}

/** @returns the number of the new entry; undefined when another one than that of `seq` stands. */
async function publishAfter(bus: Bus, { subject, bytes, headers, seq }: Entry): Promise<number | undefined> {
  try {
    return await bus.publish(subject, bytes, { expectedSeq: seq, headers });
  } catch (error) {
    if (error instanceof BusError && error.code === "WrongSequence") return undefined;
    throw error;
  }
}
