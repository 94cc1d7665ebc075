import { trialMs, type Item } from "@osm/ads";
import type { ViewId } from "@osm/model";
import { keyOf } from "./standing.ts";
import type { ActiveView } from "./world.ts";

/** Why proxies of a view wait. */
export interface Hold {
  /** What new proxies are served from meanwhile. */
  readonly base: ActiveView | undefined;
  /** What others try of it. */
  readonly items: readonly Item[];
  /** A stream of changes holds nobody for longer than one change. */
  readonly until: number;
}

export interface Holds {
  of(view: ViewId): Hold | undefined;
  /** More is tried of a view. Where nothing is, nobody waits. */
  extend(view: ViewId, more: Pick<Hold, "base" | "items">): void;
  /** These are for all, and time has passed. @returns views whose proxies may have more than before. */
  release(open: readonly Item[]): readonly ViewId[];
  forget(view: ViewId): void;
  /** When the first is over. */
  due(): number;
  isEmpty(): boolean;
  bases(): Iterable<ActiveView>;
}

interface HoldsDeps {
  readonly now: () => number;
  readonly isTried: (item: Item) => boolean;
}

export function createHolds({ now, isTried }: HoldsDeps): Holds {
  const holds = new Map<ViewId, Hold>();
  const keep = (id: ViewId, hold: Hold) => {
    const items = hold.until <= now() ? [] : hold.items.filter(isTried);
    if (items.length > 0) holds.set(id, { ...hold, items });
    else holds.delete(id);
  };
  return {
    of: (id) => holds.get(id),
    extend: (id, { base, items }) => {
      const hold = holds.get(id) ?? { base, items: [], until: now() + trialMs };
      keep(id, { ...hold, items: [...hold.items, ...items] });
    },
    release: (open) => {
      const keys = new Set(open.map(keyOf));
      const touched = [...holds].filter(([, { items, until }]) => until <= now() || items.some((item) => keys.has(keyOf(item))));
      for (const [id, hold] of touched) keep(id, hold);
      return touched.map(([id]) => id);
    },
    forget: (id) => void holds.delete(id),
    due: () => [...holds.values()].reduce((first, { until }) => Math.min(first, until), Infinity),
    isEmpty: () => holds.size === 0,
    bases: () => [...holds.values()].flatMap(({ base }) => base ?? []),
  };
}
