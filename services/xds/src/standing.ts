import type { Item } from "@osm/ads";
import { mayRevoke } from "./held-back.ts";
import { emptyListing, movedBetween } from "./listing.ts";
import type { ActiveView, ListedType } from "./world.ts";

/** Which versions views list, of what may wait, and which of them nobody has tried yet. */
export interface Standing {
  /** A view took another's place, or left none. */
  move(before: ActiveView | undefined, after: ActiveView | undefined): Moved;
  isUntried(item: Item): boolean;
  /** They are being tried, or are not new to anybody. */
  tried(items: Iterable<Item>): void;
}

interface Moved {
  /** Listed by the view from now on. */
  readonly gained: readonly WaitingItem[];
  /** Listed by no view any more. */
  readonly past: readonly Item[];
}

export function createStanding(): Standing {
  const counts = new Map<string, number>();
  const untried = new Set<string>();
  const gain = (item: Item) => {
    const [key, before] = [keyOf(item), counts.get(keyOf(item)) ?? 0];
    counts.set(key, before + 1);
    if (before === 0) untried.add(key);
  };
  /** @returns true for the last of them. */
  const lose = (item: Item): boolean => {
    const [key, before] = [keyOf(item), counts.get(keyOf(item)) ?? 0];
    if (before > 1) counts.set(key, before - 1);
    else counts.delete(key);
    if (before > 1) return false;
    untried.delete(key);
    return true;
  };
  return {
    move: (before, after) => {
      const gained = listedOnlyIn(after, before);
      gained.forEach(gain);
      return { gained, past: listedOnlyIn(before, after).filter(lose) };
    },
    isUntried: (item) => untried.has(keyOf(item)),
    tried: (items) => {
      for (const item of items) untried.delete(keyOf(item));
    },
  };
}

const typesThatWait = ["CDS", "LDS", "RDS"] as const satisfies readonly ListedType[];
type TypeThatWaits = (typeof typesThatWait)[number];

export interface WaitingItem extends Item {
  readonly type: TypeThatWaits;
}

/** What a view lists of what may wait, but for what another lists too. */
function listedOnlyIn(view: ActiveView | undefined, other: ActiveView | undefined): readonly WaitingItem[] {
  const items: WaitingItem[] = [];
  for (const type of typesThatWait) {
    for (const { name, after } of movedBetween(other?.listed[type] ?? emptyListing, view?.listed[type] ?? emptyListing)) {
      if (after && !mayRevoke(type, name)) items.push({ type, name, version: after.digest });
    }
  }
  return items;
}

export function keyOf({ type, name, version }: Item): string {
  return `${type}/${name}@${version}`;
}
