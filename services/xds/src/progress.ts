import { createWriter, untilReachable, type Bus } from "@osm/bus";
import { createPump, sleep, type Log } from "@osm/runtime";
import { encodeJson, type ProgressPayload, type Subjects } from "@osm/wire";
import type { Reading } from "./follow-mesh.ts";
import type { Streams } from "./streams.ts";

interface ProgressDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly replica: string;
  readonly streams: Streams;
  readonly reading: () => Reading;
  readonly now: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
}

/** A change makes a thousand proxies answer within moments, and what is said tells when each of them did. */
const restMs = 20;

/** Says how far this replica and its proxies have come; the newest state only. */
export function createProgress({ bus, subjects, replica, streams, reading, now, log, signal, failed }: ProgressDeps) {
  const writer = createWriter(bus, { sameAs: (bytes) => Buffer.from(bytes).toString(), yieldsTo: () => false });
  let lastAnswer = now();

  const state = (): ProgressPayload | undefined => {
    const revision = reading().through();
    if (revision === undefined) return undefined;
    return { revision, ...streams.tally(), settledAt: lastAnswer };
  };
  const say = async () => {
    const progress = state();
    if (progress) await writer.write(subjects.progress(replica), encodeJson(progress));
  };
  const pump = createPump(async () => {
    await untilReachable(say, { log, signal });
    await sleep(restMs, signal);
  }, failed);
  return {
    changed: pump.trigger,
    /** A proxy has answered: what it last ACKed is what `settledAt` speaks of. */
    answered: () => {
      lastAnswer = now();
      pump.trigger();
    },
  };
}
