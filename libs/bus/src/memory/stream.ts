import { randomUUID } from "node:crypto";
import type { Cancel, Clock } from "@osm/runtime";
import { BusError, type Entry, type Headers } from "../bus.ts";

export interface StreamOptions {
  readonly clock: Clock;
  /** What would go above it is refused, but for a value that is no larger than the one it replaces. */
  readonly maxBytes: number;
  /** How long a tombstone stands before it is forgotten. */
  readonly tombstoneTtlMs: number;
}

export interface Write {
  readonly subject: string;
  /** Owned by the stream from here on. */
  readonly bytes: Uint8Array | undefined;
  readonly headers: Headers;
  readonly expectedSeq: number | undefined;
  readonly ttlMs: number | undefined;
}

export interface Follower {
  wrote(entry: Entry): void;
  lost(): void;
}

/** The last entry of each subject, in the order of their numbers. */
export interface Stream {
  incarnation(): string;
  lastSeq(): number;
  /** The highest number of a tombstone that was forgotten: a reader that has not come that far may have missed it. */
  forgottenSeq(): number;
  /** @throws BusError `WrongSequence`, `Full` */
  write(write: Write): number;
  entry(subject: string): Entry | undefined;
  /** What stands and has a higher number, lowest first. */
  after(seq: number): readonly Entry[];
  follow(follower: Follower): Cancel;
  /** All is lost; what comes begins at 1 again. */
  loseDisk(): void;
  /** Ends every wait for a time. */
  close(): void;
}

interface Slot {
  readonly entry: Entry;
  readonly size: number;
  /** Stops the wait for its end. */
  readonly cancel: Cancel;
}

interface Disk {
  readonly incarnation: string;
  seq: number;
  forgotten: number;
  used: number;
  /** In the order of the numbers: what is written goes to the end. */
  readonly slots: Map<string, Slot>;
}

export function createStream(options: StreamOptions): Stream {
  let disk = emptyDisk();
  const followers = new Set<Follower>();

  const put = ({ subject, bytes, headers, ttlMs }: Omit<Write, "expectedSeq">): number => {
    remove(disk, subject);
    const entry: Entry = { subject, seq: ++disk.seq, bytes, headers };
    const cancel = bytes === undefined ? options.clock.schedule(options.tombstoneTtlMs, () => forget(disk, entry)) : ending(subject, ttlMs);
    const size = sizeOf(subject, bytes, headers);
    disk.slots.set(subject, { entry, size, cancel });
    disk.used += size;
    for (const follower of followers) follower.wrote(entry);
    return entry.seq;
  };
  const ending = (subject: string, ttlMs: number | undefined): Cancel =>
    ttlMs === undefined ? () => undefined : options.clock.schedule(ttlMs, () => put({ subject, bytes: undefined, headers: {}, ttlMs: undefined }));
  const close = (): void => disk.slots.forEach(({ cancel }) => cancel());

  return {
    incarnation: () => disk.incarnation,
    lastSeq: () => disk.seq,
    forgottenSeq: () => disk.forgotten,
    write: (write) => {
      admit(disk, write, options.maxBytes);
      return put(write);
    },
    entry: (subject) => disk.slots.get(subject)?.entry,
    after: (seq) => [...disk.slots.values()].flatMap(({ entry }) => (entry.seq > seq ? [entry] : [])),
    follow: (follower) => {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    loseDisk: () => {
      close();
      disk = emptyDisk();
      for (const follower of followers) follower.lost();
    },
    close,
  };
}

function emptyDisk(): Disk {
  return { incarnation: randomUUID(), seq: 0, forgotten: 0, used: 0, slots: new Map() };
}

function admit(disk: Disk, { subject, bytes, headers, expectedSeq }: Write, maxBytes: number): void {
  const standing = disk.slots.get(subject);
  if (expectedSeq !== undefined && expectedSeq !== (standing?.entry.seq ?? 0)) throw new BusError("WrongSequence", "the subject has another last entry");
  const size = sizeOf(subject, bytes, headers);
  if (disk.used + size > maxBytes && size > (standing?.size ?? 0)) throw new BusError("Full", "no room for a new subject or a larger value");
}

function remove(disk: Disk, subject: string): void {
  const slot = disk.slots.get(subject);
  if (slot === undefined) return;
  slot.cancel();
  disk.slots.delete(subject);
  disk.used -= slot.size;
}

function forget(disk: Disk, tombstone: Entry): void {
  remove(disk, tombstone.subject);
  disk.forgotten = Math.max(disk.forgotten, tombstone.seq);
}

function sizeOf(subject: string, bytes: Uint8Array | undefined, headers: Headers): number {
  let size = subject.length + (bytes?.length ?? 0);
  for (const [key, value] of Object.entries(headers)) size += key.length + value.length;
  return size;
}
