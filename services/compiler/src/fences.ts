import type { Bus, Entry, Headers, WriterOptions } from "@osm/bus";
import { compiledPayload, decodeJson, PayloadError } from "@osm/wire";
import { z } from "zod";

/** On everything a compiler writes, tombstones included: the fact that it was folded to. */
const dated = "osm-revision";
const payloadWithDate = z.object({ revision: z.number() });

export function dateOf(revision: number): Headers {
  return { [dated]: `${revision}` };
}

/** The fact that a value or its withdrawal was folded to. What does not say is older than anything. */
export function revisionOf({ headers, bytes }: Entry): number {
  const said = headers[dated];
  if (said !== undefined && /^\d{1,15}$/.test(said)) return Number(said);
  return (bytes && read(() => decodeJson(payloadWithDate, bytes).revision)) ?? -1;
}

/** How far a compiler has come: the same when it says the same. */
export const positions: WriterOptions = {
  sameAs: (bytes) => read(() => JSON.stringify(decodeJson(compiledPayload, bytes))) ?? textOf(bytes),
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

export function read<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    return undefined;
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
