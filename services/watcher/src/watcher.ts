import { untilReachable, type Bus, type WatchEvent, type Writer } from "@osm/bus";
import type { MeshContext } from "@osm/intake";
import type { Cluster, ClusterEvent } from "@osm/kube";
import { runTasks, type Log } from "@osm/runtime";
import { subjectsOf } from "@osm/wire";
import { createObservations } from "./observations.ts";
import { createSpeaker } from "./speaker.ts";
import { createTurns } from "./turns.ts";

export interface WatcherDeps {
  readonly context: MeshContext;
  readonly cluster: Cluster;
  readonly bus: Bus;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called once the first list is on the bus. */
  readonly ready: () => void;
}

/**
 * Observes a cluster and keeps the bus's facts equal to it, until the signal aborts. Publishes differences only; on a stream
 * that was lost everything again. Other watchers may do the same beside it.
 */
export async function runWatcher({ context, cluster, bus, now, log, signal, ready }: WatcherDeps): Promise<void> {
  const subjects = subjectsOf(context.mesh);
  const seen = createObservations(context);
  const speaker = createSpeaker({ bus, subjects, now, log });
  const inTurn = createTurns();
  let listed = false;

  const sayAll = async () => {
    if (listed) await untilReachable(() => speaker.all(seen.all()), { log, signal });
  };
  const take = async (event: ClusterEvent): Promise<void> => {
    switch (event.kind) {
      case "listed":
        listed = true;
        await sayAll();
        if (!signal.aborted) ready();
        return;
      case "unreadable":
        return log.warn({ source: event.source, line: event.line, reason: event.reason }, "manifest unreadable, earlier content stays");
      case "object":
      case "gone":
        // Before the list is complete objects are only collected: it is said as a whole, so that nothing looks gone meanwhile.
        for (const statement of seen.observe(event)) if (listed) await untilReachable(() => speaker.one(statement), { log, signal });
    }
  };

  const facts = followed(speaker.facts, { lives: speaker.livesIn, incarnation: () => bus.incarnation(), current: () => inTurn(sayAll) });
  const remarks = followed(speaker.remarks, { lives: () => undefined, incarnation: async () => "", current: () => inTurn(sayAll) });
  await runTasks(
    signal,
    (ended) => facts.follow(bus.watch(subjects.facts, { signal: ended })),
    (ended) => remarks.follow(bus.watch(subjects.findingsBy("watcher"), { signal: ended })),
    async (ended) => {
      await Promise.all([facts.known, remarks.known]);
      for await (const event of cluster.watch({ signal: ended })) await inTurn(() => take(event));
    },
  );
}

interface Followed {
  /** Resolves when what others, or this watcher in an earlier life, have said is known; or when nothing more will be. */
  readonly known: Promise<void>;
  readonly follow: (events: AsyncIterable<WatchEvent>) => Promise<void>;
}

interface Following {
  readonly lives: (incarnation: string) => void;
  readonly incarnation: () => Promise<string>;
  /** Called when all that stands is known, at the start and after each reset. */
  readonly current: () => Promise<void>;
}

/** Keeps a writer's knowledge equal to what the bus tells. */
function followed(writer: Pick<Writer, "adopt" | "forget">, { lives, incarnation, current }: Following): Followed {
  const known = Promise.withResolvers<void>();
  let isFirst = true;
  const on = async (event: WatchEvent): Promise<void> => {
    switch (event.kind) {
      case "entry":
        return writer.adopt(event.entry);
      case "reset":
        writer.forget();
        return lives(event.incarnation);
      case "current":
        if (isFirst) lives(await incarnation());
        isFirst = false;
        known.resolve();
        await current();
    }
  };
  return {
    known: known.promise,
    follow: async (events) => {
      try {
        for await (const event of events) await on(event);
      } finally {
        known.resolve();
      }
    },
  };
}
