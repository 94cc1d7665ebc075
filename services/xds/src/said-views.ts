import type { OfferingId, ViewId } from "@osm/model";
import type { SentOffering, SentView } from "@osm/wire";

/** A view with its offering, as compilers said them last. */
export interface SaidView {
  readonly view: SentView;
  /** Undefined where the view lists everything itself. */
  readonly offering: SentOffering | undefined;
}

/** What compilers have said of views and of offerings. They come apart, in any order: a view counts when both are there. */
export interface SaidViews {
  ids(): Iterable<ViewId>;
  offerings(): Iterable<OfferingId>;
  view(id: ViewId): SentView | undefined;
  /** Undefined where it, or its offering, is not known. */
  whole(id: ViewId): SaidView | undefined;
  /** Views and offerings, each by itself. */
  all(): Iterable<SentView | SentOffering>;
  take(view: SentView): void;
  forget(id: ViewId): void;
  /** @returns the views that have it. */
  takeOffering(offering: SentOffering): Iterable<ViewId>;
  /** Views that have it stay what they are. */
  forgetOffering(id: OfferingId): void;
}

const nobody: ReadonlySet<ViewId> = new Set();

export function createSaidViews(): SaidViews {
  const views = new Map<ViewId, SentView>();
  const offerings = new Map<OfferingId, SentOffering>();
  const users = new Map<OfferingId, Set<ViewId>>();
  const leave = (id: ViewId) => {
    const offering = views.get(id)?.offering;
    const others = offering && users.get(offering);
    others?.delete(id);
    if (offering && others?.size === 0) users.delete(offering);
  };
  return {
    ids: () => views.keys(),
    offerings: () => offerings.keys(),
    view: (id) => views.get(id),
    whole: (id) => {
      const view = views.get(id);
      const offering = view?.offering && offerings.get(view.offering);
      return view && (offering || !view.offering) ? { view, offering } : undefined;
    },
    all: function* () {
      yield* views.values();
      yield* offerings.values();
    },
    take: (view) => {
      leave(view.id);
      views.set(view.id, view);
      if (view.offering) users.set(view.offering, (users.get(view.offering) ?? new Set()).add(view.id));
    },
    forget: (id) => {
      leave(id);
      views.delete(id);
    },
    takeOffering: (offering) => {
      offerings.set(offering.id, offering);
      return users.get(offering.id) ?? nobody;
    },
    forgetOffering: (id) => void offerings.delete(id),
  };
}

export interface Standing {
  /** Of the view and of its offering: another one where either is another. */
  readonly digest: string;
  /** The later of the facts that they were folded to. */
  readonly revision: number;
  /** Compilers that can make the blobs again. */
  readonly publishers: readonly string[];
}

/** What tells a view from an earlier one. */
export function standingOf({ view, offering }: SaidView): Standing {
  const { digest, revision, publisher } = view;
  if (!offering) return { digest, revision, publishers: [publisher] };
  const publishers = offering.publisher === publisher ? [publisher] : [publisher, offering.publisher];
  return { digest: `${digest} ${offering.digest}`, revision: Math.max(revision, offering.revision), publishers };
}
