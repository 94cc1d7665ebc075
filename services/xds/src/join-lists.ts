import type { Digest, ResourceRef, ViewId } from "@osm/model";
import { decodeJson, namesPart, PayloadError, refsPart, type SentView } from "@osm/wire";
import type { z } from "zod";
import { listingOf, listPart, type Listing, type ListPart } from "./listing.ts";
import { fetchBlobs, type BlobSources } from "./load-view.ts";
import type { JoinedView } from "./world.ts";

/** Puts together the lists of views that travel in parts. */
export interface ListJoiner {
  /**
   * The views with their lists whole, in the same order; undefined where some part could be had nowhere. What they lack is
   * fetched at once, and a part that is known is neither fetched nor read again. Views with the same parts share the list.
   */
  whole(views: readonly SentView[]): Promise<readonly (JoinedView | undefined)[]>;
  forget(id: ViewId): void;
}

interface Parted {
  readonly parts: readonly Digest[];
}

const leastKept = 64;

export function createListJoiner(sources: BlobSources): ListJoiner {
  const [refs, names] = [createParts(refsPart, listPart), createParts(namesPart, (list) => list)];
  const nameSets = new Map<string, ReadonlySet<string>>();
  const used = new Map<ViewId, readonly Parted[]>();
  let limit = leastKept;

  /** What no view travels in any more is let go of, when there is twice as much as stayed the last time. */
  const sweep = () => {
    if (refs.size() + names.size() + nameSets.size <= limit) return;
    const inUse = [...used.values()].flat();
    const [digests, keys] = [new Set(inUse.flatMap((list) => list.parts)), new Set(inUse.map(keyOf))];
    for (const parts of [refs, names]) parts.keepOnly(digests);
    for (const key of nameSets.keys()) if (!keys.has(key)) nameSets.delete(key);
    limit = Math.max(leastKept, 2 * (refs.size() + names.size() + nameSets.size));
  };
  const missingIn = ({ resources, endpoints }: SentView) => [
    ...Object.values(resources).flatMap((list) => (isParted(list) ? refs.missing(list) : [])),
    ...(isParted(endpoints) ? names.missing(endpoints) : []),
  ];
  /** Most views have the names of all others. */
  const nameSet = (list: Parted, blobs: Blobs): ReadonlySet<string> | undefined => {
    const key = keyOf(list);
    const known = nameSets.get(key);
    const parts = known ? undefined : names.all(list, blobs);
    if (!parts) return known;
    const set = new Set(parts.flat());
    nameSets.set(key, set);
    return set;
  };
  const joined = ({ id, digest, revision, publisher, resources, endpoints: sentNames }: SentView, blobs: Blobs): JoinedView | undefined => {
    const refsOf = (type: keyof typeof resources) => listingIn(refs, resources[type], blobs);
    const [CDS, ECDS, LDS, RDS, SDS] = [refsOf("CDS"), refsOf("ECDS"), refsOf("LDS"), refsOf("RDS"), refsOf("SDS")];
    const endpoints = isParted(sentNames) ? nameSet(sentNames, blobs) : new Set(sentNames);
    return CDS && ECDS && LDS && RDS && SDS && endpoints && { id, digest, revision, publisher, listed: { CDS, ECDS, LDS, RDS, SDS }, endpoints };
  };
  return {
    whole: async (views) => {
      for (const { id, resources, endpoints } of views) used.set(id, [...Object.values(resources), endpoints].filter(isParted));
      const blobs = await fetchAll(views, missingIn, sources);
      const payloads = views.map((view) => joined(view, blobs));
      sweep();
      return payloads;
    },
    forget: (id) => void used.delete(id),
  };
}

type Blobs = ReadonlyMap<Digest, Uint8Array>;

/** Each publisher is asked for what its own views lack, and nobody has found yet. */
async function fetchAll(views: readonly SentView[], missingIn: (view: SentView) => readonly Digest[], sources: BlobSources): Promise<Blobs> {
  const found = new Map<Digest, Uint8Array>();
  for (const [publisher, own] of Map.groupBy(views, (view) => view.publisher)) {
    const missing = [...new Set(own.flatMap(missingIn))].filter((digest) => !found.has(digest));
    if (missing.length === 0) continue;
    for (const [digest, bytes] of await fetchBlobs(missing, publisher, sources)) found.set(digest, bytes);
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

function keyOf({ parts }: Parted): string {
  return parts.join();
}
