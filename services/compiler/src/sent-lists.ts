import { digestOf, type Digest, type ListedRefs, type Offering, type ResourceRef } from "@osm/model";
import { encodeJson } from "@osm/wire";
import { textHash } from "./text-hash.ts";

/** A list as it travels: whole, or in parts that stand in the store. */
export type SentList<T> = readonly T[] | { readonly parts: readonly Digest[] };

type SentRefs = { readonly [K in keyof ListedRefs]: SentList<ListedRefs[K][number]> };

/** Longer lists travel in parts. */
const longest = 64;
/** A part is this long on average, and never longer than four times that. */
const usual = 64;

type Listing = Pick<Offering, "resources">;
type Blob = readonly [Digest, Uint8Array];

interface Cut {
  readonly parts: readonly Digest[];
  readonly blobs: readonly Blob[];
}

/**
 * Cuts long lists into parts. Where one ends depends on the name next to the cut alone, so that lists which differ in a few
 * entries share all other parts, within an offering's history and between offerings.
 */
export function createListCutter() {
  const cuts = new WeakMap<readonly unknown[], Cut>();
  const partIn = createPartReader();
  const cut = <T extends Entry>(list: readonly T[]): Cut => {
    const known = cuts.get(list);
    if (known) return known;
    const blobs: Blob[] = [];
    for (let at = 0; at < list.length; ) {
      const { entries, blob } = partIn(list, at);
      blobs.push(blob);
      at += entries.length;
    }
    const made = { parts: blobs.map(([digest]) => digest), blobs };
    cuts.set(list, made);
    return made;
  };
  const sent = <T extends Entry>(list: readonly T[]): SentList<T> => (list.length <= longest ? list : { parts: cut(list).parts });
  return {
    sentRefs: ({ resources: { CDS, ECDS, LDS, RDS, SDS } }: Listing): SentRefs => ({ CDS: sent(CDS), ECDS: sent(ECDS), LDS: sent(LDS), RDS: sent(RDS), SDS: sent(SDS) }),
    sentNames: ({ endpoints }: Pick<Offering, "endpoints">): SentList<string> => sent(endpoints),
    /** The parts that views and offerings travel in, by digest. Each list that they share is looked at once. */
    parts: (views: readonly Listing[], offerings: readonly Offering[]): ReadonlyMap<Digest, Uint8Array> => {
      const refLists = new Set([...views, ...offerings].flatMap(({ resources }) => Object.values(resources)).filter(isLong));
      const nameLists = new Set(offerings.map(({ endpoints }) => endpoints).filter(isLong));
      return new Map([
        ...[...refLists].flatMap((list) => cut(list).blobs),
        ...[...nameLists].flatMap((list) => cut(list).blobs),
      ]);
    },
  };
}
export type ListCutter = ReturnType<typeof createListCutter>;

function isLong(list: readonly unknown[]): boolean {
  return list.length > longest;
}

type Entry = ResourceRef | string;

interface Part {
  readonly entries: readonly Entry[];
  readonly blob: Blob;
}

/** Parts of lists. One that stood in another list is known by its entries, which lists have in common. */
function createPartReader() {
  const beginningWith = new WeakMap<ResourceRef, Part>();
  return (list: readonly Entry[], at: number): Part => {
    const first = list[at];
    const known = typeof first === "object" ? beginningWith.get(first) : undefined;
    if (known && isPartAt(known.entries, list, at)) return known;
    const entries = list.slice(at, endOfPart(list, at));
    const bytes = encodeJson(entries);
    const part: Part = { entries, blob: [digestOf(bytes), bytes] };
    if (typeof first === "object") beginningWith.set(first, part);
    return part;
  };
}

/** What is inside it is the same, so that it ends at the same place if it ends there at all. */
function isPartAt(entries: readonly Entry[], list: readonly Entry[], at: number): boolean {
  return entries.every((entry, index) => entry === list[at + index]) && isEnd(list, at, at + entries.length);
}

function endOfPart(list: readonly Entry[], from: number): number {
  let to = from + 1;
  while (!isEnd(list, from, to)) to++;
  return to;
}

/** Whether a part that begins at `from` ends before `to`. */
function isEnd(list: readonly Entry[], from: number, to: number): boolean {
  const [last, next] = [list[to - 1], list[to]];
  if (last === undefined || next === undefined || to - from >= usual * 4) return true;
  return textHash(nameOf(last)) % usual === 0;
}

function nameOf(entry: Entry): string {
  return typeof entry === "string" ? entry : entry.name;
}
