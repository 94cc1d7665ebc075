import type { OfferingId, ViewId } from "@osm/model";
import { backoffMs, createPump, sleep } from "@osm/runtime";
import type { SentOffering, SentView } from "@osm/wire";
import { createListJoiner, standingOf } from "./join-lists.ts";
import { unlessMoved } from "./listing.ts";
import { loadView, type BlobSources } from "./load-view.ts";
import type { Quarantine } from "./quarantine.ts";
import { createSaidViews, type SaidView, type SaidViews } from "./said-views.ts";
import { createSweeper } from "./sweep.ts";
import type { Streams } from "./streams.ts";
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
  const said = createSaidViews();
  const wanted = new Set<ViewId>();
  const lists = createListJoiner(deps, said.all);
  const sweep = createSweeper(world, streams);
  const failure = Promise.withResolvers<void>();
  const retry = createRetry({ log, signal, again: () => pump.trigger() });

  const become = (view: JoinedView) => {
    wanted.delete(view.id);
    retry.worked();
    const before = world.views.get(view.id);
    streams.viewChanged(before, quarantine.moved(before, activate(view)));
    sweep();
    deps.changed();
  };
  const isStill = ({ view, offering }: SaidView) => {
    const now = wanted.has(view.id) ? said.whole(view.id) : undefined;
    return now?.view === view && now.offering === offering;
  };
  const load = async (batch: readonly SaidView[]): Promise<boolean> => {
    const views = await lists.whole(batch);
    let isComplete = true;
    for (const [at, each] of batch.entries()) {
      const view = views[at] && alike(world.views.get(each.view.id)?.payload, views[at]);
      const isWhole = view && (await loadView(world, view, deps));
      if (signal.aborted) return true;
      if (!isStill(each)) continue;
      if (isWhole) become(view);
      else isComplete = false;
    }
    return isComplete;
  };
  const loadAll = async () => {
    let isComplete = true;
    const ready = [...wanted].flatMap((id) => said.whole(id) ?? []);
    for (const batch of batchesOf(ready, mostAtOnce)) isComplete = (await load(batch)) && isComplete;
    if (!isComplete) void retry.later([...wanted]);
  };
  const pump = createPump(loadAll, failure.reject);
  /** A view whose offering is not there is wanted as well: it is loaded when that comes. */
  const want = (id: ViewId) => {
    const whole = said.whole(id);
    if (whole && world.views.get(id)?.payload.digest === standingOf(whole).digest) return void wanted.delete(id);
    wanted.add(id);
    if (whole) pump.trigger();
  };

  return {
    busy: () => wanted.size > 0,
    known: said,
    take: (view) => {
      said.take(view);
      want(view.id);
    },
    forget: (id) => {
      wanted.delete(id);
      said.forget(id);
      streams.viewGone(quarantine.forgotten(id));
    },
    takeOffering: (offering) => {
      for (const id of said.takeOffering(offering)) want(id);
    },
    forgetOffering: said.forgetOffering,
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
