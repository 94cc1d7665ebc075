import type { Digest, ViewId } from "@osm/model";
import { decodeJson, namesPart, PayloadError, refsPart, type SentView, type ViewPayload } from "@osm/wire";
import type { z } from "zod";
import { fetchBlobs, type BlobSources } from "./load-view.ts";

/** Puts together the lists of views that travel in parts. */
export interface ListJoiner {
  /**
   * The views with their lists whole, in the same order; undefined where some part could be had nowhere. What they lack is
   * fetched at once, and a part that is known is neither fetched nor read again. Views with the same parts share the list.
   */
  whole(views: readonly SentView[]): Promise<readonly (ViewPayload | undefined)[]>;
  forget(id: ViewId): void;
}

interface Parted {
  readonly parts: readonly Digest[];
}

const leastKept = 64;

export function createListJoiner(sources: BlobSources): ListJoiner {
  const [refs, names] = [createLists(refsPart), createLists(namesPart)];
  const used = new Map<ViewId, readonly Parted[]>();
  let limit = leastKept;

  /** What no view travels in any more is let go of, when there is twice as much as stayed the last time. */
  const sweep = () => {
    if (refs.size() + names.size() <= limit) return;
    const inUse = [...used.values()].flat();
    for (const lists of [refs, names]) lists.keepOnly(inUse);
    limit = Math.max(leastKept, 2 * (refs.size() + names.size()));
  };
  const missingIn = ({ resources, endpoints }: SentView) => [
    ...Object.values(resources).flatMap((list) => (isParted(list) ? refs.missing(list) : [])),
    ...(isParted(endpoints) ? names.missing(endpoints) : []),
  ];
  const joined = (view: SentView, blobs: Blobs): ViewPayload | undefined => {
    const { resources, endpoints } = view;
    const refsOf = (type: keyof typeof resources) => whole(resources[type], (list) => refs.join(list, blobs));
    const [CDS, ECDS, LDS, RDS, SDS] = [refsOf("CDS"), refsOf("ECDS"), refsOf("LDS"), refsOf("RDS"), refsOf("SDS")];
    const all = whole(endpoints, (list) => names.join(list, blobs));
    return CDS && ECDS && LDS && RDS && SDS && all && { ...view, resources: { CDS, ECDS, LDS, RDS, SDS }, endpoints: all };
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

/** Lists of one kind, and the parts that they are joined of, by their digests. */
function createLists<T>(schema: z.ZodType<readonly T[]>) {
  const parts = new Map<Digest, readonly T[]>();
  const lists = new Map<string, readonly T[]>();
  /** Bytes that are what their digest says and yet no list were made by another release: the view is not complete. */
  const partOf = (digest: Digest, blobs: Blobs): readonly T[] | undefined => {
    const part = parts.get(digest) ?? decoded(schema, blobs.get(digest));
    if (part) parts.set(digest, part);
    return part;
  };
  return {
    size: () => parts.size + lists.size,
    missing: (list: Parted) => (lists.has(keyOf(list)) ? [] : list.parts.filter((digest) => !parts.has(digest))),
    join: (list: Parted, blobs: Blobs): readonly T[] | undefined => {
      const key = keyOf(list);
      const known = lists.get(key);
      if (known) return known;
      const all = list.parts.map((digest) => partOf(digest, blobs));
      if (!all.every((part) => part !== undefined)) return undefined;
      const whole = all.flat();
      lists.set(key, whole);
      return whole;
    },
    keepOnly: (inUse: readonly Parted[]) => {
      const [keys, digests] = [new Set(inUse.map(keyOf)), new Set(inUse.flatMap((list) => list.parts))];
      for (const key of lists.keys()) if (!keys.has(key)) lists.delete(key);
      for (const digest of parts.keys()) if (!digests.has(digest)) parts.delete(digest);
    },
  };
}

function decoded<T>(schema: z.ZodType<readonly T[]>, bytes: Uint8Array | undefined): readonly T[] | undefined {
  try {
    return bytes && decodeJson(schema, bytes);
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    return undefined;
  }
}

function whole<T>(list: readonly T[] | Parted, join: (list: Parted) => readonly T[] | undefined): readonly T[] | undefined {
  return isParted(list) ? join(list) : list;
}

function isParted(list: readonly unknown[] | Parted): list is Parted {
  return "parts" in list;
}

function keyOf({ parts }: Parted): string {
  return parts.join();
}
