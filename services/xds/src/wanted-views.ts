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
  loaded(id: ViewId): void;
  forget(id: ViewId): void;
}

/** `served` is what `standingOf` said of the view that is served. */
export function createWantedViews(served: (id: ViewId) => string | undefined): WantedViews {
  const said = createSaidViews();
  const wanted = new Set<ViewId>();
  const want = (id: ViewId): boolean => {
    const whole = said.whole(id);
    const isServed = whole !== undefined && served(id) === standingOf(whole).digest;
    if (isServed) wanted.delete(id);
    else wanted.add(id);
    return whole !== undefined && !isServed;
  };
  return {
    said,
    isAny: () => wanted.size > 0,
    ready: () => [...wanted].flatMap((id) => said.whole(id) ?? []),
    isStill: ({ view, offering }) => {
      const now = wanted.has(view.id) ? said.whole(view.id) : undefined;
      return now?.view === view && now.offering === offering;
    },
    take: (view) => {
      said.take(view);
      return want(view.id);
    },
    takeOffering: (offering) => [...said.takeOffering(offering)].filter(want).length > 0,
    loaded: (id) => void wanted.delete(id),
    forget: (id) => {
      wanted.delete(id);
      said.forget(id);
    },
  };
}
