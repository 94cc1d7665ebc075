import type { Answer } from "@osm/ads";
import { createWriter, untilReachable, type Bus } from "@osm/bus";
import type { ViewId } from "@osm/model";
import { createPump, type Log } from "@osm/runtime";
import { encodeJson, longestWords, type OutcomePayload, type Subjects } from "@osm/wire";
import type { ProxyStream } from "./stream.ts";
import type { Streams } from "./streams.ts";

interface OutcomeDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly replica: string;
  readonly streams: Streams;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
}

type Rejection = OutcomePayload["rejected"][number];

const mostNamed = 100;

/** Says what Envoys refused, by view, in their own words. */
export function createOutcomes({ bus, subjects, replica, streams, log, signal, failed }: OutcomeDeps) {
  const writer = createWriter(bus, { sameAs: (bytes) => Buffer.from(bytes).toString(), yieldsTo: () => false });
  const refused = new Map<ViewId, Map<string, Rejection>>();
  const said = async () => {
    for (const [view, rejections] of refused) {
      const proxies = new Set([...streams.all()].filter((stream) => stream.view().payload.id === view).map(({ proxy }) => proxy.uid)).size;
      const outcome: OutcomePayload = { view, proxies, rejected: [...rejections.values()].slice(-mostNamed) };
      await writer.write(subjects.outcome(view, replica), encodeJson(outcome));
    }
  };
  const pump = createPump(() => untilReachable(said, { log, signal }), failed);
  return {
    /** A proxy took another version of what was refused: that refusal is history. */
    accepted: (stream: ProxyStream, { type, put }: Answer) => {
      const rejections = refused.get(stream.view().payload.id);
      const past = put.filter(({ name, version }) => (rejections?.get(`${type}/${name}`)?.version ?? version) !== version);
      for (const { name } of past) rejections?.delete(`${type}/${name}`);
      if (past.length > 0) pump.trigger();
    },
    rejected: (stream: ProxyStream, { type, guilty, error = "" }: Answer) => {
      const { uid } = stream.proxy;
      const view = stream.view().payload.id;
      const words = error.slice(0, longestWords);
      log.error({ proxy: uid, view, type, guilty: guilty.map(({ name }) => name), words }, "configuration rejected");
      const rejections = refused.get(view) ?? new Map<string, Rejection>();
      for (const { name, version } of guilty) rejections.set(`${type}/${name}`, { type, name, version, words });
      refused.set(view, rejections);
      pump.trigger();
    },
  };
}
