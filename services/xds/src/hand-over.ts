import type { Clock, Log } from "@osm/runtime";
import { toHandOver } from "./share.ts";
import type { Replicas } from "./replicas.ts";
import type { ProxyStream } from "./stream.ts";
import type { Streams } from "./streams.ts";

interface HandOverDeps extends Pick<Clock, "schedule"> {
  readonly streams: Streams;
  readonly replicas: Pick<Replicas, "others" | "beats">;
  readonly sendOff: (peer: string) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const roundMs = 1000;
const beatsBetween = 2;

/**
 * Gives a few connections to the other replicas, round after round, while this one has more than its share. Only those go that
 * have everything and owe no answer, the oldest first; Envoy keeps what it has and shows it to the next replica, which sends nothing.
 */
export function handOver({ streams, replicas, sendOff, schedule, log, signal }: HandOverDeps): void {
  let resumeAt = 0;
  const round = () => {
    const [{ proxies }, others] = [streams.tally(), replicas.others()];
    const gone = replicas.beats() < resumeAt ? [] : restful(streams, toHandOver(proxies, others));
    for (const [peer, own] of gone) send(peer, own);
    if (gone.length > 0) {
      log.info({ proxies, others, handedOver: gone.length }, "connections handed over");
      // Where those went is to be known before more go.
      resumeAt = replicas.beats() + beatsBetween * others.length;
    }
    next();
  };
  const send = (peer: string, own: readonly ProxyStream[]) => {
    // First the word that no new stream is to be opened here, then the end of those that are open.
    sendOff(peer);
    for (const stream of own) stream.end("handed-over");
  };
  let cancel = () => {};
  const next = () => {
    if (!signal.aborted) cancel = schedule(roundMs, round);
  };
  signal.addEventListener("abort", () => cancel(), { once: true });
  next();
}

/** Connections on which nothing is under way, by their address. */
function restful(streams: Streams, most: number): readonly (readonly [peer: string, own: readonly ProxyStream[]])[] {
  if (most === 0) return [];
  const byPeer = Map.groupBy(streams.all(), ({ peer }) => peer);
  return [...byPeer].filter(([, own]) => own.every((stream) => stream.settled() && !streams.waits(stream))).slice(0, most);
}
