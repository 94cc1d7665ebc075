import type { Bus } from "@osm/bus";
import type { MeshName, ViewId } from "@osm/model";
import { noTracer, runTasks, systemClock, type Clock, type Log, type Metrics, type Tracer } from "@osm/runtime";
import type { Store } from "@osm/store";
import { subjectsOf, tokenAudience } from "@osm/wire";
import { createGate } from "./admission.ts";
import type { AdsDeps } from "./ads-service.ts";
import { createChanges } from "./changes.ts";
import { createSyncTurns } from "./first-sync.ts";
import { followMesh } from "./follow-mesh.ts";
import { handOver } from "./hand-over.ts";
import type { KeySource } from "./key-source.ts";
import { createOutcomes } from "./outcomes.ts";
import { patrol } from "./patrol.ts";
import { createPodCertificates } from "./pod-certificates.ts";
import { createProgress } from "./progress.ts";
import { createQuarantine } from "./quarantine.ts";
import { knowReplicas } from "./replicas.ts";
import { listen, type Listening } from "./server.ts";
import { streamEvents } from "./stream-events.ts";
import { createStreams } from "./streams.ts";
import { createTrials } from "./trials.ts";
import type { TokenReviews } from "./token-reviews.ts";
import { newWorld } from "./world.ts";
import { countStreams } from "./xds-metrics.ts";

export interface XdsDeps extends Listening {
  readonly mesh: MeshName;
  /** Name of this replica, unlike any other's. */
  readonly replica: string;
  readonly issuers: readonly string[];
  readonly keys: KeySource;
  /** Asked of a token that the keys cannot judge. */
  readonly reviews?: TokenReviews;
  readonly bus: Bus;
  readonly store: Store;
  readonly now: () => number;
  /** The system's when not given. */
  readonly schedule?: Clock["schedule"];
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracer?: Tracer;
  readonly signal: AbortSignal;
  /** Called with the port once the whole mesh is known and proxies are let in. */
  readonly ready: (port: number) => void;
}

/** Distributes a mesh to its proxies until the signal aborts. No proxy is let in before the whole of it is known. */
export async function runXds(deps: XdsDeps): Promise<void> {
  const { bus, store, log, now, schedule = systemClock.schedule } = deps;
  const subjects = subjectsOf(deps.mesh);
  const failure = Promise.withResolvers<never>();
  const synced = Promise.withResolvers<void>();
  const world = newWorld();
  await using stop = new AsyncDisposableStack();
  const ending = new AbortController();
  stop.defer(() => ending.abort());
  const signal = AbortSignal.any([deps.signal, ending.signal]);
  const trials = createTrials({ now, schedule, signal, opened: (views) => opened(views) });
  const streams = createStreams(world, trials);
  const gate = createGate({ ...deps, world, audience: tokenAudience(deps.mesh), now, schedule, log });
  const saying = { bus, subjects, replica: deps.replica, streams, log, signal, failed: failure.reject };
  const outcomes = createOutcomes(saying);
  const progress = createProgress({ ...saying, reading: () => reading, now });
  const changes = createChanges({ replica: deps.replica, streams, tracer: deps.tracer ?? noTracer, metrics: deps.metrics, clock: { now, schedule } });
  const opened = (views: readonly ViewId[]) => {
    streams.opened(views);
    changes.opened();
    progress.changed();
  };
  const changed = () => {
    gate.wake();
    progress.changed();
    if (world.trust && reading.through() !== undefined) synced.resolve();
  };
  const quarantine = createQuarantine({ bus, store, subjects, log, world, streams, signal, failed: failure.reject });
  const { reading, done } = followMesh({ bus, store, subjects, log, world, streams, quarantine, changes, signal, changed });

  patrol({ streams, now, schedule, signal });
  const counting = countStreams(deps.metrics, streams, progress.changed);
  const ads: AdsDeps = {
    log, now, schedule, world, streams, gate, signal,
    turns: createSyncTurns(),
    certificates: createPodCertificates({ ...saying, tracer: deps.tracer ?? noTracer, now, schedule, world }),
    ...streamEvents({ counting, changes, progress, quarantine, trials, outcomes }),
  };
  const replicas = knowReplicas({ ...saying, proxies: () => streams.tally().proxies });
  const serve = async () => {
    await Promise.race([synced.promise, aborted(signal)]);
    if (signal.aborted) return;
    await using server = await listen(deps, ads, failure.reject);
    replicas.join();
    handOver({ streams, replicas, sendOff: server.sendOff, schedule, log, signal });
    deps.ready(server.port);
    await aborted(signal);
    await replicas.leave();
  };
  await Promise.race([runTasks(signal, () => done, () => replicas.done, serve), failure.promise]);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
