import type { ResourceRef } from "@osm/model";

/** A piece of a list, by name. Views share the pieces that their lists have in common. */
export type ListPart = ReadonlyMap<string, ResourceRef>;

/** What a view lists of one type, in pieces that have no name in common. */
export interface Listing {
  readonly parts: readonly ListPart[];
}

export const emptyListing: Listing = { parts: [] };

export function listPart(refs: readonly ResourceRef[]): ListPart {
  return new Map(refs.map((ref) => [ref.name, ref]));
}

export function listingOf(refs: readonly ResourceRef[]): Listing {
  return refs.length === 0 ? emptyListing : { parts: [listPart(refs)] };
}

export function refIn({ parts }: Listing, name: string): ResourceRef | undefined {
  for (const part of parts) {
    const ref = part.get(name);
    if (ref) return ref;
  }
  return undefined;
}

export function* refsOf({ parts }: Listing): Iterable<ResourceRef> {
  for (const part of parts) yield* part.values();
}

export function* namesOf({ parts }: Listing): Iterable<string> {
  for (const part of parts) yield* part.keys();
}

/** A name that stands for another version, or came, or went. */
export interface MovedRef {
  readonly name: string;
  readonly before: ResourceRef | undefined;
  readonly after: ResourceRef | undefined;
}

/** Of so few it costs less to look again than to remember. */
const fewNames = 16;
const nothingMoved: readonly MovedRef[] = [];
const knownMoves = new WeakMap<ListPart, WeakMap<ListPart, readonly MovedRef[]>>();

/** What differs. Lists are looked at only where their parts differ, and where those of many views differ alike, once. */
export function movedBetween(before: Listing, after: Listing): readonly MovedRef[] {
  if (before === after) return nothingMoved;
  const [gone, come] = [without(before.parts, after.parts), without(after.parts, before.parts)];
  if (gone.length === 0 && come.length === 0) return nothingMoved;
  const [left, taken] = [gone[0], come[0]];
  return left && taken && gone.length === 1 && come.length === 1 && left.size > fewNames ? movedOnce(left, taken) : compared(gone, come);
}

function movedOnce(left: ListPart, taken: ListPart): readonly MovedRef[] {
  const ofLeft = knownMoves.get(left) ?? new WeakMap<ListPart, readonly MovedRef[]>();
  knownMoves.set(left, ofLeft);
  const moved = ofLeft.get(taken) ?? compared([left], [taken]);
  ofLeft.set(taken, moved);
  return moved;
}

function compared(gone: readonly ListPart[], come: readonly ListPart[]): readonly MovedRef[] {
  const old: Listing = { parts: gone };
  const now: Listing = { parts: come };
  const moved: MovedRef[] = [];
  for (const before of refsOf(old)) {
    const after = refIn(now, before.name);
    if (after?.digest !== before.digest) moved.push({ name: before.name, before, after });
  }
  for (const after of refsOf(now)) if (!refIn(old, after.name)) moved.push({ name: after.name, before: undefined, after });
  return moved;
}

/** The list, or the one before where it says the same, so that all that compares them sees it at once. */
export function unlessMoved(before: Listing | undefined, after: Listing): Listing {
  return before && movedBetween(before, after).length === 0 ? before : after;
}

/** So many comparisons cost less than a set. */
const fewPairs = 64;

function without(parts: readonly ListPart[], others: readonly ListPart[]): readonly ListPart[] {
  if (parts.length * others.length <= fewPairs) return parts.filter((part) => !others.includes(part));
  const shared = new Set(others);
  return parts.filter((part) => !shared.has(part));
}
