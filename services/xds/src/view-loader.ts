import type { OfferingId, ViewId } from "@osm/model";
import { backoffMs, createPump, sleep } from "@osm/runtime";
import type { SentOffering, SentView } from "@osm/wire";
import { createListJoiner } from "./join-lists.ts";
import { unlessMoved } from "./listing.ts";
import { loadView, type BlobSources } from "./load-view.ts";
import type { Quarantine } from "./quarantine.ts";
import type { SaidView, SaidViews } from "./said-views.ts";
import { createSweeper } from "./sweep.ts";
import type { Streams } from "./streams.ts";
import { createWantedViews } from "./wanted-views.ts";
import { activate, type JoinedView, type ListedType, type World } from "./world.ts";

interface LoaderDeps extends BlobSources {
  readonly world: World;
  readonly streams: Streams;
  readonly quarantine: Quarantine;
  readonly signal: AbortSignal;
  readonly changed: () => void;
}

/** Views wait here until all that they list is at hand; the newest of each is what counts. */
export interface ViewLoader {
  busy(): boolean;
  take(view: SentView): void;
  forget(id: ViewId): void;
  takeOffering(offering: SentOffering): void;
  forgetOffering(id: OfferingId): void;
  /** Views and offerings that were taken and not forgotten. */
  readonly known: Pick<SaidViews, "ids" | "offerings">;
  /** Resolves when the signal has aborted and nothing is under way; rejects when loading failed. */
  run(signal: AbortSignal): Promise<void>;
}

/** A change often means many views that lack the same: what so many of them lack is had in one go. */
const mostAtOnce = 128;

export function createViewLoader(deps: LoaderDeps): ViewLoader {
  const { world, streams, quarantine, log, signal } = deps;
  const wanted = createWantedViews((id) => world.views.get(id)?.payload.digest);
  const lists = createListJoiner(deps, wanted.said.all);
  const sweep = createSweeper(world, streams);
  const failure = Promise.withResolvers<void>();
  const retry = createRetry({ log, signal, again: () => pump.trigger() });

  const become = (view: JoinedView, said: SaidView) => {
    wanted.loaded(said);
    retry.worked();
    const before = world.views.get(view.id);
    streams.viewChanged(before, quarantine.moved(before, activate(view)));
    sweep();
    deps.changed();
  };
  const load = async (batch: readonly SaidView[]): Promise<boolean> => {
    const views = await lists.whole(batch);
    let isComplete = true;
    for (const [at, each] of batch.entries()) {
      const view = views[at] && alike(world.views.get(each.view.id)?.payload, views[at]);
      const isWhole = view && (await loadView(world, view, deps));
      if (signal.aborted) return true;
      if (!wanted.isStill(each)) continue;
      if (isWhole) become(view, each);
      else isComplete = false;
    }
    return isComplete;
  };
  const loadAll = async () => {
    let isComplete = true;
    for (const batch of batchesOf(wanted.ready(), mostAtOnce)) isComplete = (await load(batch)) && isComplete;
    if (!isComplete) void retry.later(wanted.ready().map(({ view }) => view.id));
  };
  const pump = createPump(loadAll, failure.reject);
  const taken = (isMore: boolean) => {
    if (isMore) pump.trigger();
  };
  return {
    busy: wanted.isAny,
    known: wanted.said,
    take: (view) => taken(wanted.take(view)),
    forget: (id) => {
      wanted.forget(id);
      streams.viewGone(quarantine.forgotten(id));
    },
    takeOffering: (offering) => taken(wanted.takeOffering(offering)),
    forgetOffering: wanted.said.forgetOffering,
    run: async (ending) => {
      if (ending.aborted) failure.resolve();
      ending.addEventListener("abort", () => failure.resolve(), { once: true });
      await failure.promise.then(pump.idle);
    },
  };
}

/** The view, with the lists of the one before where those say the same. */
function alike(before: JoinedView | undefined, view: JoinedView): JoinedView {
  const of = (type: ListedType) => unlessMoved(before?.listed[type], view.listed[type]);
  return { ...view, listed: { CDS: of("CDS"), ECDS: of("ECDS"), LDS: of("LDS"), RDS: of("RDS"), SDS: of("SDS") } };
}

interface Retrying extends Pick<LoaderDeps, "log" | "signal"> {
  readonly again: () => void;
}

/** What lacks something is looked for again by and by. Others are loaded meanwhile. */
function createRetry({ log, signal, again }: Retrying) {
  let [failures, isPausing] = [0, false];
  return {
    worked: () => void (failures = 0),
    later: async (views: readonly ViewId[]) => {
      if (isPausing) return;
      isPausing = true;
      failures++;
      log.warn({ views: views.slice(0, 10), failures }, "views incomplete, earlier ones stay");
      await sleep(backoffMs({ firstMs: 50, maxMs: 2000 }, failures, Math.random()), signal);
      isPausing = false;
      if (!signal.aborted) again();
    },
  };
}

function* batchesOf<T>(all: readonly T[], most: number): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}
