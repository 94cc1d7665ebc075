import type { Bus, Entry } from "@osm/bus";
import { revisionOf } from "./fences.ts";

/** What is read in a payload that stands. */
export interface Standing<T> {
  /** Two that have the same key say the same. */
  readonly key: string;
  /** What it is shared out by. */
  readonly owner: string;
  readonly value: T | undefined;
}

/** What stands under a subject, or its tombstone, as far as is known. */
export interface Held<T> extends Standing<T> {
  readonly seq: number;
  /** The fact it was folded to. */
  readonly revision: number;
  readonly isThere: boolean;
}

export interface HoldingsOptions<T> {
  /** Fails when the stream has begun another life. */
  readonly bus: Bus;
  readonly filter: string;
  readonly signal: AbortSignal;
  readonly read: (entry: Entry & { readonly bytes: Uint8Array }) => Standing<T>;
}

/** What stands on the bus of one noun, whoever wrote it. */
export interface Holdings<T> {
  /** Resolves when all that stands has been read. */
  readonly known: Promise<void>;
  at(subject: string): Held<T>;
  /** Subjects that have a value. */
  subjects(): Iterable<string>;
  values(): Iterable<T>;
  /** Takes note of an own write. */
  wrote(subject: string, held: Held<T>): void;
  /** Asks what stands. */
  learn(subject: string): Promise<void>;
  readonly done: Promise<void>;
}

const nothing = { seq: 0, key: "", owner: "", revision: -1, isThere: false, value: undefined } as const;

/** `heard` is called for what another one wrote. */
export function openHoldings<T>({ bus, filter, signal, read }: HoldingsOptions<T>, heard: (subject: string, held: Held<T>) => void): Holdings<T> {
  const held = new Map<string, Held<T>>();
  const known = Promise.withResolvers<void>();
  const at = (subject: string): Held<T> => held.get(subject) ?? nothing;

  /** What cannot be read is older than anything, and is like nothing. So is what slipped in from the stream before. */
  const heldOf = (entry: Entry): Held<T> => {
    const { subject, seq, bytes } = entry;
    const revision = revisionOf(entry);
    if (!bytes) return { ...nothing, owner: at(subject).owner, seq, revision };
    const standing = read({ ...entry, bytes });
    return revision >= seq ? { ...standing, key: "", seq, revision: -1, isThere: true } : { ...standing, seq, revision, isThere: true };
  };
  const note = (entry: Entry) => {
    if (entry.seq <= at(entry.subject).seq) return;
    const now = heldOf(entry);
    held.set(entry.subject, now);
    heard(entry.subject, now);
  };
  const follow = async () => {
    for await (const event of bus.watch(filter, { signal })) {
      if (event.kind === "entry") note(event.entry);
      if (event.kind === "current") known.resolve();
      if (event.kind === "reset") held.clear();
    }
    known.resolve();
  };
  return {
    known: known.promise,
    at,
    *subjects() {
      for (const [subject, { isThere }] of held) if (isThere) yield subject;
    },
    *values() {
      for (const { value } of held.values()) if (value !== undefined) yield value;
    },
    wrote: (subject, now) => {
      if (now.seq > at(subject).seq) held.set(subject, now);
    },
    learn: async (subject) => {
      const theirs = await bus.last(subject);
      if (theirs) note(theirs);
      else held.delete(subject);
    },
    done: follow(),
  };
}
