import type { Bus, Entry, Writer, WriterOptions } from "@osm/bus";
import { compiledPayload, decodeJson, endpointsPayload, PayloadError, viewPayload } from "@osm/wire";

type Dated = typeof viewPayload | typeof endpointsPayload;

/** Views and assignments: the same when their digest is, and never replaced by what was folded to an earlier fact. */
export function datedBy(schema: Dated): WriterOptions {
  return {
    sameAs: (bytes) => read(() => decodeJson(schema, bytes).digest) ?? textOf(bytes),
    yieldsTo: (theirs, ours) => revisionOf(schema, theirs) > revisionOf(schema, ours),
  };
}

/** Values that carry no revision: the same when their text is. */
export const undated: WriterOptions = { sameAs: textOf, yieldsTo: () => false };

export const positions: WriterOptions = {
  sameAs: (bytes) => read(() => `${decodeJson(compiledPayload, bytes).revision}`) ?? textOf(bytes),
  yieldsTo: () => false,
};

/** The stream was lost and begun again since it was first asked. */
export class StreamLost extends Error {
  override readonly name = "StreamLost";
}

/**
 * The bus, as long as its stream lives. Revisions count one stream's facts: written to the next they would look newer than
 * all that is said there. Asked where a write meets something unexpected, as all writes to what was known then do.
 */
export async function withinLife(bus: Bus): Promise<Bus> {
  const incarnation = await bus.incarnation();
  const last = async (subject: string) => {
    if ((await bus.incarnation()) !== incarnation) throw new StreamLost("the stream was begun again");
    return bus.last(subject);
  };
  return { ...bus, last };
}

/** True of a value that claims to follow from a fact that came after itself: it slipped in from the stream before. */
export function isOfLostStream(schema: Dated, { seq, bytes }: Entry): boolean {
  return bytes !== undefined && revisionOf(schema, bytes) >= seq;
}

export interface Withdrawal {
  readonly schema: Dated;
  readonly subject: string;
  readonly revision: number;
}

/** Withdraws a value, unless another writer has meanwhile put one there that was folded to a later fact. @returns its number. */
export async function withdrawDated(bus: Bus, writer: Writer, { schema, subject, revision }: Withdrawal): Promise<number> {
  const theirs = await bus.last(subject);
  if (theirs?.bytes && revisionOf(schema, theirs.bytes) > revision) {
    writer.adopt(theirs);
    return theirs.seq;
  }
  return writer.write(subject, undefined);
}

/** What cannot be read is older than anything. */
function revisionOf(schema: Dated, bytes: Uint8Array): number {
  return read(() => decodeJson(schema, bytes).revision) ?? -1;
}

function read<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
