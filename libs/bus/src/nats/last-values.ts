import { jetstream } from "@nats-io/jetstream";
import type { Bus, Entry, PublishOptions } from "../bus.ts";
import { copyOf } from "../copies.ts";
import { checkHeaders, checkPayload, wholeSeconds } from "../limits.ts";
import { checkSubject } from "../subject.ts";
import { headersOf, tombstoneHeaders } from "./entries.ts";
import { lastValue } from "./last-value.ts";
import type { Line } from "./line.ts";
import { answerMs, type KeptStream } from "./stream-setup.ts";

export function lastValues(line: Line, stream: KeptStream): Pick<Bus, "incarnation" | "publish" | "last"> {
  const client = jetstream(line.nats, { timeout: answerMs });
  const { tombstoneTtlMs } = stream.plan;
  return {
    incarnation: async () => incarnationOf(await stream.info()),
    publish: async (subject, bytes, options = {}) => {
      checkWrite(subject, bytes, options);
      const { headers = {}, expectedSeq, ttlMs } = options;
      const data = bytes ? copyOf(bytes) : new Uint8Array();
      const sending = {
        headers: bytes ? headersOf(headers) : tombstoneHeaders(headers, tombstoneTtlMs),
        ...(expectedSeq !== undefined && { expect: { lastSubjectSequence: expectedSeq } }),
        ...(ttlMs !== undefined && bytes && { ttl: `${wholeSeconds(ttlMs)}s` }),
      };
      return (await stream.within(() => client.publish(subject, data, sending))).seq;
    },
    last: async (subject): Promise<Entry | undefined> => {
      checkSubject(subject);
      return await stream.within(() => lastValue(line, stream, subject));
    },
  };
}

/** When the server made the stream, to the nanosecond: no other one of that name has it. */
export function incarnationOf({ created }: { readonly created: unknown }): string {
  return String(created);
}

function checkWrite(subject: string, bytes: Uint8Array | undefined, { headers = {}, ttlMs }: PublishOptions): void {
  checkSubject(subject);
  checkHeaders(headers);
  checkPayload(bytes);
  if (ttlMs !== undefined) wholeSeconds(ttlMs);
}
