import type { Digest, ResourceRef } from "@osm/model";
import { decodeJson, namesPart, PayloadError, refsPart, type SentOffering, type SentView } from "@osm/wire";
import type { z } from "zod";
import { listingOf, listPart, type Listing, type ListPart } from "./listing.ts";
import { fetchBlobs, type BlobSources } from "./load-view.ts";
import { standingOf, type SaidView } from "./said-views.ts";
import type { JoinedView, ListedType } from "./world.ts";

/** Puts views together with what they are offered, and both with the parts that their lists travel in. */
export interface ListJoiner {
  /**
   * The views whole, in the same order; undefined where some part could be had nowhere. What they lack is fetched at once, and
   * a part that is known is neither fetched nor read again. Views with the same offering share its lists.
   */
  whole(views: readonly SaidView[]): Promise<readonly (JoinedView | undefined)[]>;
}

interface Parted {
  readonly parts: readonly Digest[];
}

type Sent = SentView | SentOffering;
type Lists = Pick<JoinedView, "listed" | "endpoints">;

const leastKept = 64;

/** `inUse` tells what is kept; the parts of all else are let go of by and by. */
export function createListJoiner(sources: BlobSources, inUse: () => Iterable<Sent>): ListJoiner {
  const [refs, names] = [createParts(refsPart, listPart), createParts(namesPart, (list) => list)];
  const known = new WeakMap<Sent, Lists>();
  /** Of each view and offering, as it was read last. */
  const latest = new Map<string, Lists>();
  let limit = leastKept;

  /** When there is twice as much as stayed the last time. */
  const sweep = () => {
    if (refs.size() + names.size() <= limit) return;
    const used = [...inUse()];
    const ids = new Set<string>(used.map(({ id }) => id));
    for (const id of latest.keys()) if (!ids.has(id)) latest.delete(id);
    const digests = new Set(used.flatMap(({ resources, endpoints }) => [...Object.values(resources), endpoints].flatMap((list) => (isParted(list) ? list.parts : []))));
    for (const parts of [refs, names]) parts.keepOnly(digests);
    limit = Math.max(leastKept, 2 * (refs.size() + names.size()));
  };
  const missingIn = ({ resources, endpoints }: Sent) => [
    ...Object.values(resources).flatMap((list) => (isParted(list) ? refs.missing(list) : [])),
    ...(isParted(endpoints) ? names.missing(endpoints) : []),
  ];
  const readLists = ({ resources, endpoints: sentNames }: Sent, blobs: Blobs): Lists | undefined => {
    const refsOf = (type: keyof typeof resources) => listingIn(refs, resources[type], blobs);
    const [CDS, ECDS, LDS, RDS, SDS] = [refsOf("CDS"), refsOf("ECDS"), refsOf("LDS"), refsOf("RDS"), refsOf("SDS")];
    const endpoints = isParted(sentNames) ? names.all(sentNames, blobs)?.flat() : sentNames;
    return CDS && ECDS && LDS && RDS && SDS && endpoints && { listed: { CDS, ECDS, LDS, RDS, SDS }, endpoints: new Set(endpoints) };
  };
  const listsOf = (sent: Sent, blobs: Blobs): Lists | undefined => {
    const before = known.get(sent);
    const read = before ? undefined : readLists(sent, blobs);
    if (!read) return before;
    const lists = { ...read, endpoints: unlessOther(latest.get(sent.id)?.endpoints, read.endpoints) };
    known.set(sent, lists);
    latest.set(sent.id, lists);
    return lists;
  };
  const joined = ({ view, offering }: SaidView, blobs: Blobs): JoinedView | undefined => {
    const [own, offered] = [listsOf(view, blobs), offering && listsOf(offering, blobs)];
    return own && (offered || !offering) ? { id: view.id, ...standingOf({ view, offering }), ...both(own, offered) } : undefined;
  };
  return {
    whole: async (views) => {
      const sent = new Set(views.flatMap(({ view, offering }): readonly Sent[] => (offering ? [view, offering] : [view])));
      const blobs = await fetchAll([...sent].filter((each) => !known.has(each)), missingIn, sources);
      const payloads = views.map((view) => joined(view, blobs));
      sweep();
      return payloads;
    },
  };
}

/** The set, or the one before where it holds the same names, so that all that compares them sees it at once. */
function unlessOther(before: ReadonlySet<string> | undefined, after: ReadonlySet<string>): ReadonlySet<string> {
  return before?.size === after.size && after.isSubsetOf(before) ? before : after;
}

/** They have no name in common. */
function both(own: Lists, offered: Lists | undefined): Lists {
  if (!offered) return own;
  const of = (type: ListedType): Listing => {
    const [few, many] = [own.listed[type], offered.listed[type]];
    if (few.parts.length === 0) return many;
    return many.parts.length === 0 ? few : { parts: [...few.parts, ...many.parts] };
  };
  const endpoints = own.endpoints.size === 0 ? offered.endpoints : own.endpoints.union(offered.endpoints);
  return { listed: { CDS: of("CDS"), ECDS: of("ECDS"), LDS: of("LDS"), RDS: of("RDS"), SDS: of("SDS") }, endpoints };
}

type Blobs = ReadonlyMap<Digest, Uint8Array>;

/** Each publisher is asked for what its own lists lack, and nobody has found yet. */
async function fetchAll(sent: readonly Sent[], missingIn: (sent: Sent) => readonly Digest[], sources: BlobSources): Promise<Blobs> {
  const found = new Map<Digest, Uint8Array>();
  for (const [publisher, own] of Map.groupBy(sent, ({ publisher: by }) => by)) {
    const missing = [...new Set(own.flatMap(missingIn))].filter((digest) => !found.has(digest));
    if (missing.length === 0) continue;
    for (const [digest, bytes] of await fetchBlobs(missing, [publisher], sources)) found.set(digest, bytes);
  }
  return found;
}

/** Parts of lists of one kind, by their digests. */
interface Parts<Part> {
  size(): number;
  missing(list: Parted): readonly Digest[];
  /** @returns undefined where one is not at hand. */
  all(list: Parted, blobs: Blobs): readonly Part[] | undefined;
  keepOnly(digests: ReadonlySet<Digest>): void;
}

function createParts<T, Part extends object>(schema: z.ZodType<readonly T[]>, partOf: (list: readonly T[]) => Part): Parts<Part> {
  const parts = new Map<Digest, Part>();
  /** Bytes that are what their digest says and yet no list were made by another release: the view is not complete. */
  const partAt = (digest: Digest, blobs: Blobs): Part | undefined => {
    const known = parts.get(digest);
    if (known) return known;
    const list = decoded(schema, blobs.get(digest));
    const part = list && partOf(list);
    if (part) parts.set(digest, part);
    return part;
  };
  return {
    size: () => parts.size,
    missing: (list) => list.parts.filter((digest) => !parts.has(digest)),
    all: (list, blobs) => {
      const all = list.parts.map((digest) => partAt(digest, blobs));
      return all.every((part) => part !== undefined) ? all : undefined;
    },
    keepOnly: (digests) => {
      for (const digest of parts.keys()) if (!digests.has(digest)) parts.delete(digest);
    },
  };
}

function listingIn(parts: Parts<ListPart>, list: readonly ResourceRef[] | Parted, blobs: Blobs): Listing | undefined {
  if (!isParted(list)) return listingOf(list);
  const all = parts.all(list, blobs);
  return all && { parts: all };
}

function decoded<T>(schema: z.ZodType<readonly T[]>, bytes: Uint8Array | undefined): readonly T[] | undefined {
  try {
    return bytes && decodeJson(schema, bytes);
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    return undefined;
  }
}

function isParted(list: readonly unknown[] | Parted): list is Parted {
  return "parts" in list;
}
