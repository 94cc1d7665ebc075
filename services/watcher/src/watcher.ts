import { untilReachable, type Bus, type WatchEvent, type Writer } from "@osm/bus";
import { headOf, type MeshContext } from "@osm/intake";
import type { Cluster, ClusterEvent } from "@osm/kube";
import { factKinds, refParts, type FactKind } from "@osm/model";
import { createMetrics, noTracer, observing, runTasks, type Log, type Metrics, type Tracer } from "@osm/runtime";
import { subjectsOf } from "@osm/wire";
import { createObservations, type ObjectEvent, type Statement } from "./observations.ts";
import { createSpeaker } from "./speaker.ts";
import { createSpokenKinds } from "./spoken-kinds.ts";
import { createTurns } from "./turns.ts";
import { watcherMetrics } from "./watcher-metrics.ts";

export interface WatcherDeps {
  readonly context: MeshContext;
  readonly cluster: Cluster;
  readonly bus: Bus;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly signal: AbortSignal;
  /** Called once the first list of every kind is on the bus. */
  readonly ready: () => void;
  /** Called with the namespaces of the mesh once they are known, and whenever one joins or leaves. */
  readonly membersChanged?: (members: readonly string[]) => void;
}

/**
 * Observes a cluster and keeps the bus's facts equal to it, until the signal aborts. Publishes differences only; on a stream
 * that was lost everything again. Other watchers may do the same beside it.
 */
export async function runWatcher(deps: WatcherDeps): Promise<void> {
  const { context, cluster, bus, now, log, tracer = noTracer, signal, ready, membersChanged = () => {} } = deps;
  const subjects = subjectsOf(context.mesh);
  const seen = createObservations(context);
  const metrics = watcherMetrics(deps.metrics ?? createMetrics(), seen);
  const observed = observing(bus, { tracer, fieldsOf: (subject) => ({ ...subjects.factKey(subject) }), published: (at) => metrics.published((now() - at) / 1000) });
  const speaker = createSpeaker({ bus: observed, subjects, now, log });
  const inTurn = createTurns();
  const kinds = createSpokenKinds();

  const sayAll = async (of: ReadonlySet<FactKind>) => {
    if (of.size > 0) await untilReachable(() => speaker.all(seen.all(of), of), { log, signal });
  };
  const say = async (statement: Statement, observedAt: number) => {
    const { kind } = refParts(statement.ref);
    // Before the list is complete objects are only collected: it is said as a whole, so that nothing looks gone meanwhile.
    if (factKinds.some((each) => each === kind && kinds.spoken.has(each))) await untilReachable(() => speaker.one(statement, observedAt), { log, signal });
  };
  const take = async (event: ClusterEvent): Promise<void> => {
    const observedAt = now();
    switch (event.kind) {
      case "listed":
        await sayAll(kinds.list(event.kinds));
        if (kinds.spoken.has("Namespace")) membersChanged(seen.members());
        if (!signal.aborted && kinds.isComplete()) ready();
        return;
      case "unreadable":
        return log.warn({ source: event.source, line: event.line, reason: event.reason }, "manifest unreadable, earlier content stays");
      case "object":
      case "gone":
        metrics.seen(event);
        for (const statement of seen.observe(event)) await say(statement, observedAt);
        if (kinds.spoken.has("Namespace") && isOfNamespace(event)) membersChanged(seen.members());
    }
  };

  const facts = followed(speaker.facts, { lives: speaker.livesIn, incarnation: () => bus.incarnation(), current: () => inTurn(() => sayAll(kinds.spoken)) });
  const remarks = followed(speaker.remarks, { lives: () => undefined, incarnation: async () => "", current: () => inTurn(() => sayAll(kinds.spoken)) });
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

function isOfNamespace(event: ObjectEvent): boolean {
  const head = event.kind === "gone" ? event.head : headOf(event.object);
  return head?.kind === "Namespace";
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
