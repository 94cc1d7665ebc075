import type { Writer, WriterOptions } from "@osm/bus";
import { digestOf } from "@osm/model";

/** Of what somebody else left there and nobody can read only its bytes can be compared. */
export function sameIf(sameAs: (bytes: Uint8Array) => string): WriterOptions {
  return {
    sameAs: (bytes) => {
      try {
        return sameAs(bytes);
      } catch {
        return `unreadable ${digestOf(bytes)}`;
      }
    },
    yieldsTo: () => false,
  };
}

/** Withdraws what stands of the subjects that are meant and is not kept. @returns the number of the newest entry. */
export async function withdrawOthers(writer: Writer, isMeant: (subject: string) => boolean, kept: ReadonlySet<string>): Promise<number> {
  let newest = 0;
  for (const subject of [...writer.standing()]) {
    if (isMeant(subject) && !kept.has(subject)) newest = Math.max(newest, await writer.write(subject, undefined));
  }
  return newest;
}
