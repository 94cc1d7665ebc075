import type { Digest, ViewId } from "@osm/model";
import { decodeJson, namesPart, PayloadError, refsPart, type SentView, type ViewPayload } from "@osm/wire";
import type { z } from "zod";
import { fetchBlobs, type BlobSources } from "./load-view.ts";

/** Puts together the lists of views that travel in parts. */
export interface ListJoiner {
  /** The view with its lists whole; undefined when some part could be had nowhere. Views with the same parts share the list. */
  whole(view: SentView): Promise<ViewPayload | undefined>;
  forget(id: ViewId): void;
}

interface Parted {
  readonly parts: readonly Digest[];
}
type Refs = z.output<typeof refsPart>;
type Names = z.output<typeof namesPart>;
/** Joined lists, by the digests of their parts. */
type Joined<T> = Map<string, readonly T[]>;

const leastKept = 64;

export function createListJoiner(sources: BlobSources): ListJoiner {
  const joined = { refs: new Map<string, Refs>(), names: new Map<string, Names>() };
  const used = new Map<ViewId, readonly string[]>();
  let limit = leastKept;

  /** What no view travels in any more is let go of, when there is twice as much as stayed the last time. */
  const sweep = () => {
    if (joined.refs.size + joined.names.size <= limit) return;
    const inUse = new Set([...used.values()].flat());
    for (const lists of [joined.refs, joined.names]) for (const key of lists.keys()) if (!inUse.has(key)) lists.delete(key);
    limit = Math.max(leastKept, 2 * (joined.refs.size + joined.names.size));
  };
  const whole = async (view: SentView): Promise<ViewPayload | undefined> => {
    const { resources, endpoints } = view;
    const lists = [...Object.values(resources), endpoints].filter(isParted);
    used.set(view.id, lists.map(keyOf));
    const blobs = await fetchBlobs(missingIn(lists, joined), view.publisher, sources);
    const refs = (list: Refs | Parted) => (isParted(list) ? joinedList(list, joined.refs, partsIn(blobs, refsPart)) : list);
    const [CDS, ECDS, LDS] = [refs(resources.CDS), refs(resources.ECDS), refs(resources.LDS)];
    const [RDS, SDS] = [refs(resources.RDS), refs(resources.SDS)];
    const names = isParted(endpoints) ? joinedList(endpoints, joined.names, partsIn(blobs, namesPart)) : endpoints;
    sweep();
    return CDS && ECDS && LDS && RDS && SDS && names && { ...view, resources: { CDS, ECDS, LDS, RDS, SDS }, endpoints: names };
  };
  return { whole, forget: (id) => void used.delete(id) };
}

function isParted(list: readonly unknown[] | Parted): list is Parted {
  return "parts" in list;
}

function keyOf({ parts }: Parted): string {
  return parts.join();
}

function missingIn(lists: readonly Parted[], { refs, names }: { readonly refs: Joined<unknown>; readonly names: Joined<unknown> }): readonly Digest[] {
  const unknown = lists.filter((list) => !refs.has(keyOf(list)) && !names.has(keyOf(list)));
  return [...new Set(unknown.flatMap(({ parts }) => parts))];
}

function joinedList<T>(list: Parted, known: Joined<T>, partOf: (digest: Digest) => readonly T[] | undefined): readonly T[] | undefined {
  const key = keyOf(list);
  const before = known.get(key);
  if (before) return before;
  const parts = list.parts.map(partOf);
  if (!parts.every((part) => part !== undefined)) return undefined;
  const all = parts.flat();
  known.set(key, all);
  return all;
}

/** Bytes that are what their digest says and yet no list were made by another release: the view is not complete. */
function partsIn<T>(blobs: ReadonlyMap<Digest, Uint8Array>, schema: z.ZodType<readonly T[]>): (digest: Digest) => readonly T[] | undefined {
  return (digest) => {
    const bytes = blobs.get(digest);
    try {
      return bytes && decodeJson(schema, bytes);
    } catch (err) {
      if (!(err instanceof PayloadError)) throw err;
      return undefined;
    }
  };
}
