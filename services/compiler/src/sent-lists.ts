import { digestOf, type Digest, type View } from "@osm/model";
import { encodeJson } from "@osm/wire";
import { textHash } from "./text-hash.ts";

/** A list as it travels in a view: whole, or in parts that stand in the store. */
export type SentList<T> = readonly T[] | { readonly parts: readonly Digest[] };
type Lists = View["resources"];

export interface SentLists {
  readonly resources: { readonly [K in keyof Lists]: SentList<Lists[K][number]> };
  readonly endpoints: SentList<string>;
}

/** Longer lists travel in parts. */
const longest = 64;
/** A part is this long on average, and never longer than four times that. */
const usual = 64;

interface Cut {
  readonly parts: readonly Digest[];
  readonly blobs: readonly (readonly [Digest, Uint8Array])[];
}

/**
 * Cuts long lists into parts. Where one ends depends on the names next to the cut alone, so that lists which differ in a few
 * entries share all other parts, within a view's history and between views. What is a sidecar's own comes apart from what it
 * shares with others: a change of that makes one new part for all of them.
 */
export function createListCutter() {
  const cuts = new WeakMap<readonly unknown[], Cut>();
  const cut = <T>(list: readonly T[], nameOf: (item: T) => string): Cut => {
    const known = cuts.get(list);
    if (known) return known;
    const blobs = partsOf(list, nameOf).map((part) => {
      const bytes = encodeJson(part);
      return [digestOf(bytes), bytes] as const;
    });
    const made = { parts: blobs.map(([digest]) => digest), blobs };
    cuts.set(list, made);
    return made;
  };
  const sent = <T>(list: readonly T[], nameOf: (item: T) => string): SentList<T> => (list.length <= longest ? list : { parts: cut(list, nameOf).parts });
  const refs = (list: Lists[keyof Lists]) => sent(list, ({ name }) => name);
  return {
    /** The lists of a view, as they travel. */
    sent: ({ resources: { CDS, ECDS, LDS, RDS, SDS }, endpoints }: View): SentLists => ({
      resources: { CDS: refs(CDS), ECDS: refs(ECDS), LDS: refs(LDS), RDS: refs(RDS), SDS: refs(SDS) },
      endpoints: sent(endpoints, (name) => name),
    }),
    /** The parts that these views travel in, by digest. Each list that views share is looked at once. */
    parts: (views: readonly View[]): ReadonlyMap<Digest, Uint8Array> => {
      const refLists = new Set(views.flatMap(({ resources }) => Object.values(resources)).filter(isLong));
      const nameLists = new Set(views.map(({ endpoints }) => endpoints).filter(isLong));
      return new Map([
        ...[...refLists].flatMap((list) => cut(list, ({ name }) => name).blobs),
        ...[...nameLists].flatMap((list) => cut(list, (name) => name).blobs),
      ]);
    },
  };
}
export type ListCutter = ReturnType<typeof createListCutter>;

function isLong(list: readonly unknown[]): boolean {
  return list.length > longest;
}

function partsOf<T>(list: readonly T[], nameOf: (item: T) => string): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let open: T[] = [];
  let wasOwn: boolean | undefined;
  const close = () => {
    if (open.length > 0) parts.push(open);
    open = [];
  };
  for (const item of list) {
    const [name, before] = [nameOf(item), wasOwn];
    wasOwn = isOwn(name);
    if (wasOwn !== before) close();
    open.push(item);
    if (textHash(name) % usual === 0 || open.length === usual * 4) close();
  }
  close();
  return parts;
}

/** What many sidecars have is called by a namespace or an address, and what each has for itself by a plain word. */
function isOwn(name: string): boolean {
  return /^[a-z][^/]*$/i.test(name);
}
