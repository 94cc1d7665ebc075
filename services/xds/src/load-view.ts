import { sealResource } from "@osm/ads";
import type { Bus } from "@osm/bus";
import { digestOf, typeUrls, type Digest } from "@osm/model";
import type { Log } from "@osm/runtime";
import { StoreUnavailable, type Store } from "@osm/store";
import { blobReply, blobRequest, decodeJson, encodeJson, type Subjects, type VerdictPayload } from "@osm/wire";
import type { z } from "zod";
import { emptyListing, movedBetween } from "./listing.ts";
import { listedTypes, type JoinedView, type World } from "./world.ts";

export interface BlobSources {
  readonly bus: Bus;
  readonly store: Store;
  readonly subjects: Subjects;
  readonly log: Log;
}

const callMs = 2000;
/** A request's payload has room for four times as many; a reply hardly for their bytes. */
const mostAsked = 64;

/** Brings every resource of a view into the world. False when some could be had nowhere. */
export async function loadView(world: World, view: JoinedView, sources: BlobSources): Promise<boolean> {
  const before = world.views.get(view.id)?.payload.listed;
  // What a view lists stays for as long as it does.
  const come = listedTypes.flatMap((type) => movedBetween(before?.[type] ?? emptyListing, view.listed[type]).flatMap(({ after }) => (after ? { type, ...after } : [])));
  const missing = come.filter(({ type, digest }) => !world.sealed[type].has(digest));
  if (missing.length === 0) return true;
  const blobs = await fetchBlobs(missing.map(({ digest }) => digest), view.publishers, sources);
  for (const { type, name, digest, needs } of missing) {
    const bytes = blobs.get(digest);
    if (bytes) world.sealed[type].set(digest, { bytes: sealResource({ typeUrl: typeUrls[type], name, version: digest, bytes }), needs });
  }
  return missing.every(({ digest }) => blobs.has(digest));
}

/** Brings resources that no view lists any more into the world, where their bytes can still be had. */
export async function loadSound(world: World, { sound }: VerdictPayload, sources: BlobSources): Promise<void> {
  const missing = sound.filter(({ type, digest }) => !world.sealed[type].has(digest));
  const stored = await fromStore(missing.filter(({ bytes }) => bytes === null).map(({ digest }) => digest), sources);
  const byDigest = new Map(stored.flatMap((bytes) => (bytes ? [[digestOf(bytes), bytes] as const] : [])));
  for (const { type, name, digest, needs, bytes: inline } of missing) {
    const bytes = inline === null ? byDigest.get(digest) : Buffer.from(inline, "base64");
    if (!bytes || digestOf(bytes) !== digest) continue;
    world.sealed[type].set(digest, { bytes: sealResource({ typeUrl: typeUrls[type], name, version: digest, bytes }), needs });
  }
}

/** From the store, and what it lacks from the compilers that can make it. Every blob is checked against its digest. */
export async function fetchBlobs(digests: readonly Digest[], publishers: readonly string[], sources: BlobSources): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const found = new Map<Digest, Uint8Array>();
  const cached = await fromStore(digests, sources);
  digests.forEach((digest, at) => {
    const bytes = cached[at];
    if (bytes) found.set(digest, bytes);
  });
  for (const publisher of publishers) await askFor(digests, { publisher, sources, found });
  return found;
}

/** A reply holds what fits: it is asked for the rest as long as there is more each time. */
async function askFor(digests: readonly Digest[], asking: Asking): Promise<void> {
  const lacking = () => digests.filter((digest) => !asking.found.has(digest));
  for (let rest = lacking(); rest.length > 0; ) {
    for (let at = 0; at < rest.length; at += mostAsked) await ask(rest.slice(at, at + mostAsked), asking);
    const before = rest.length;
    rest = lacking();
    if (rest.length === before) return;
  }
}

async function fromStore(digests: readonly Digest[], { store, log }: BlobSources): Promise<readonly (Uint8Array | undefined)[]> {
  try {
    return await store.get(digests);
  } catch (err) {
    if (!(err instanceof StoreUnavailable)) throw err;
    log.warn({ err, blobs: digests.length }, "store unavailable, compiler is asked");
    return [];
  }
}

interface Asking {
  readonly publisher: string;
  readonly sources: BlobSources;
  readonly found: Map<Digest, Uint8Array>;
}

async function ask(digests: readonly Digest[], { publisher, sources, found }: Asking): Promise<void> {
  const { bus, subjects, log } = sources;
  const request: z.input<typeof blobRequest> = { digests: [...digests] };
  try {
    const reply = await bus.request(subjects.callBlob(publisher), encodeJson(request), { timeoutMs: callMs });
    decodeJson(blobReply, reply).blobs.forEach((blob, at) => {
      const [digest, bytes] = [digests[at], Buffer.from(blob ?? "", "base64")];
      if (digest && blob !== null && digestOf(bytes) === digest) found.set(digest, bytes);
    });
  } catch (err) {
    log.warn({ err, publisher, blobs: digests.length }, "compiler did not answer for blobs");
  }
}
