import type { ViewId } from "@osm/model";
import type { SentOffering, SentView } from "@osm/wire";
import { createSaidViews, standingOf, type SaidView, type SaidViews } from "./said-views.ts";

/** What was said of views, and which of them are not served as they were said last. */
export interface WantedViews {
  readonly said: SaidViews;
  /** True while there is one, also one whose offering has not come yet. */
  isAny(): boolean;
  /** Those that can be loaded. */
  ready(): readonly SaidView[];
  /** Nothing else was said of it meanwhile. */
  isStill(view: SaidView): boolean;
  /** @returns true when more can be loaded than before. */
  take(view: SentView): boolean;
  takeOffering(offering: SentOffering): boolean;
  loaded(view: SaidView): void;
  forget(id: ViewId): void;
}

/**
 * `served` is what `standingOf` said of the view that is served. What is a view's own does not wait for its offering, which another
 * compiler may have to say: a door that is to be shut is shut. Until that comes its proxies keep the offering that they have.
 */
export function createWantedViews(served: (id: ViewId) => string | undefined): WantedViews {
  const said = createSaidViews();
  const wanted = new Set<ViewId>();
  const servedWith = new Map<ViewId, SentOffering>();
  const standIn = (id: ViewId): SaidView | undefined => {
    const [view, offering] = [said.view(id), servedWith.get(id)];
    return view && offering && { view, offering };
  };
  const best = (id: ViewId) => said.whole(id) ?? standIn(id);
  const isServed = (view: SaidView) => served(view.view.id) === standingOf(view).digest;
  const want = (id: ViewId): boolean => {
    const view = best(id);
    if (view && isServed(view) && said.whole(id)) wanted.delete(id);
    else wanted.add(id);
    return view !== undefined && !isServed(view);
  };
  return {
    said,
    isAny: () => wanted.size > 0,
    ready: () => [...wanted].flatMap((id) => best(id) ?? []).filter((view) => !isServed(view)),
    isStill: ({ view, offering }) => {
      const now = wanted.has(view.id) ? best(view.id) : undefined;
      return now?.view === view && now.offering === offering;
    },
    take: (view) => {
      said.take(view);
      return want(view.id);
    },
    takeOffering: (offering) => [...said.takeOffering(offering)].filter(want).length > 0,
    loaded: ({ view: { id }, offering }) => {
      if (offering) servedWith.set(id, offering);
      else servedWith.delete(id);
      if (said.whole(id)) wanted.delete(id);
    },
    forget: (id) => {
      wanted.delete(id);
      servedWith.delete(id);
      said.forget(id);
    },
  };
}
