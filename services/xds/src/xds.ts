import type { Bus } from "@osm/bus";
import type { MeshName, ViewId } from "@osm/model";
import { runTasks, systemClock, type Clock, type Log, type Metrics } from "@osm/runtime";
import type { Store } from "@osm/store";
import { subjectsOf, tokenAudience } from "@osm/wire";
import { createGate } from "./admission.ts";
import type { AdsDeps } from "./ads-service.ts";
import { followMesh } from "./follow-mesh.ts";
import type { KeySource } from "./key-source.ts";
import { createOutcomes } from "./outcomes.ts";
import { patrol } from "./patrol.ts";
import { createProgress } from "./progress.ts";
import { createQuarantine } from "./quarantine.ts";
import { listen, type Listening } from "./server.ts";
import { createStreams, type Streams } from "./streams.ts";
import { createTrials } from "./trials.ts";
import { newWorld } from "./world.ts";

export interface XdsDeps extends Listening {
  readonly mesh: MeshName;
  /** Name of this replica, unlike any other's. */
  readonly replica: string;
  readonly issuers: readonly string[];
  readonly keys: KeySource;
  readonly bus: Bus;
  readonly store: Store;
  readonly now: () => number;
  /** The system's when not given. */
  readonly schedule?: Clock["schedule"];
  readonly log: Log;
  readonly metrics: Metrics;
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
  const gate = createGate({ world, keys: deps.keys, issuers: deps.issuers, audience: tokenAudience(deps.mesh), now, schedule, log });
  const saying = { bus, subjects, replica: deps.replica, streams, log, signal, failed: failure.reject };
  const outcomes = createOutcomes(saying);
  const progress = createProgress({ ...saying, reading: () => reading, now });
  const opened = (views: readonly ViewId[]) => {
    streams.opened(views);
    progress.changed();
  };
  const changed = () => {
    gate.wake();
    progress.changed();
    if (world.trust && reading.through() !== undefined) synced.resolve();
  };
  const quarantine = createQuarantine({ bus, store, subjects, log, world, streams, signal, failed: failure.reject });
  const { reading, done } = followMesh({ bus, store, subjects, log, world, streams, quarantine, signal, changed });

  patrol({ streams, now, schedule, signal });
  const ads: AdsDeps = {
    bus, subjects, log, now, schedule, world, streams, gate, signal,
    answered: (stream, answer) => {
      progress.answered();
      quarantine.answered(stream, answer);
      trials.answered(stream.proxy.uid, answer);
      if (answer.error === undefined) outcomes.accepted(stream, answer);
      else outcomes.rejected(stream, answer);
    },
    asked: quarantine.asked,
    ...countStreams(deps.metrics, streams, progress.changed),
  };
  const serve = async () => {
    await Promise.race([synced.promise, aborted(signal)]);
    if (signal.aborted) return;
    await using server = await listen(deps, ads, failure.reject);
    deps.ready(server.port);
    await aborted(signal);
  };
  await Promise.race([runTasks(signal, () => done, serve), failure.promise]);
}

function countStreams(metrics: Metrics, streams: Streams, changed: () => void): Pick<AdsDeps, "opened" | "closed" | "refused" | "sent" | "ended"> {
  const open = metrics.gauge({ name: "mesh_proxies_connected", help: "Streams of proxies that are open." });
  const refusals = metrics.counter({ name: "mesh_streams_refused_total", help: "Streams that were not let in, by reason.", labels: ["reason"] });
  const ends = metrics.counter({ name: "mesh_streams_ended_total", help: "Streams that were ended from this side, by reason.", labels: ["reason"] });
  const resources = metrics.counter({ name: "mesh_resources_sent_total", help: "Resources sent to proxies, by type.", labels: ["type"] });
  const removals = metrics.counter({ name: "mesh_resources_removed_total", help: "Removals sent to proxies, by type.", labels: ["type"] });
  const sent: AdsDeps["sent"] = ({ type, put, removed }) => {
    if (put.length > 0) resources.inc({ type }, put.length);
    if (removed.length > 0) removals.inc({ type }, removed.length);
  };
  const count = () => {
    open.set({}, streams.all().size);
    changed();
  };
  return { sent, opened: count, closed: count, refused: (reason) => refusals.inc({ reason }), ended: (reason) => ends.inc({ reason }) };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
