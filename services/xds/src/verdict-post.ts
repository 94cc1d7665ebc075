import { createWriter, untilReachable, type Entry, type WatchEvent } from "@osm/bus";
import { createPump, type Log } from "@osm/runtime";
import { decodeJson, verdictPayload, type VerdictPayload } from "@osm/wire";
import { loadSound, type BlobSources } from "./load-view.ts";
import { unlessUnreadable } from "./telling.ts";
import { viewsBoundBy } from "./verdict-of-view.ts";
import { encodeVerdict } from "./verdict-payload.ts";
import { sealedKey, type World } from "./world.ts";

export interface PostDeps extends BlobSources {
  readonly world: World;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
}

/** The verdicts of all replicas, as they stand on the bus. */
export interface VerdictPost {
  /** Says what this replica knows of rejected versions that its views list. */
  say(): void;
  take(event: WatchEvent): Promise<void>;
  /** Forgets verdicts that stand nowhere and mean no view. */
  forgetPast(): void;
  /** All that stands has been read once. */
  isCurrent(): boolean;
}

export function createVerdictPost(deps: PostDeps, taken: (verdict: VerdictPayload) => void): VerdictPost {
  const { world, bus, subjects, log, signal } = deps;
  // Who wrote meanwhile is merged with when the watch brings it.
  const writer = createWriter(bus, { sameAs: (bytes) => Buffer.from(bytes).toString(), yieldsTo: () => true });
  const standing = new Set<string>();
  let isCurrent = false;

  const sayAll = async () => {
    for (const verdict of world.rejected.values()) {
      if (viewsBoundBy(world, verdict).length > 0) await writer.write(subjects.verdict(verdict.digest), encodeVerdict(world, verdict));
    }
  };
  const pump = createPump(() => untilReachable(sayAll, { log, signal }), deps.failed);
  const say = () => {
    if (world.rejected.size > 0) pump.trigger();
  };
  const forgetPast = () => {
    for (const [key, verdict] of world.rejected) {
      if (!standing.has(subjects.verdict(verdict.digest)) && viewsBoundBy(world, verdict).length === 0) world.rejected.delete(key);
    }
  };
  /** Not said again though a view may list it: that view is behind the compiler which withdrew it, and will follow. */
  const withdrawn = ({ subject }: Entry) => {
    standing.delete(subject);
    forgetPast();
    log.debug({ subject }, "verdict withdrawn");
  };
  const takeEntry = async (entry: Entry) => {
    writer.adopt(entry);
    if (!entry.bytes) return withdrawn(entry);
    standing.add(entry.subject);
    const verdict = readVerdict(log, entry.bytes);
    if (!verdict) return;
    await loadSound(world, verdict, deps);
    taken(verdict);
    const { type, name, digest } = verdict;
    log.debug({ type, name, digest }, "verdict taken");
  };
  const take = async (event: WatchEvent) => {
    switch (event.kind) {
      case "entry":
        return takeEntry(event.entry);
      case "current":
        isCurrent = true;
        forgetPast();
        return say();
      case "reset":
        writer.forget();
        standing.clear();
    }
  };
  return { say, take, forgetPast, isCurrent: () => isCurrent };
}

export function verdictKey({ type, digest }: VerdictPayload): string {
  return sealedKey(type, digest);
}

function readVerdict(log: Log, bytes: Uint8Array): VerdictPayload | undefined {
  let verdict: VerdictPayload | undefined;
  unlessUnreadable(log, () => {
    verdict = decodeJson(verdictPayload, bytes);
  });
  return verdict;
}
