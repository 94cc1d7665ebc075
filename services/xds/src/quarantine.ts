import { noVerdicts, quarantineOf, type Answer } from "@osm/ads";
import type { WatchEvent } from "@osm/bus";
import { parseDigest, type ViewId } from "@osm/model";
import { longestWords, type VerdictPayload } from "@osm/wire";
import type { Asked } from "./conversation.ts";
import { refIn } from "./listing.ts";
import { leftBehind } from "./left-behind.ts";
import type { ProxyStream } from "./stream.ts";
import type { Streams } from "./streams.ts";
import { createVerdictPost, verdictKey, type PostDeps } from "./verdict-post.ts";
import { binds, itemOf, learnAccepted, learnMove, lists, merged, sentence, viewsBoundBy, withStandIns } from "./verdict-of-view.ts";
import { isJudgedType, type ActiveView, type World } from "./world.ts";

export interface QuarantineDeps extends PostDeps {
  readonly streams: Streams;
}

/**
 * Keeps versions that some Envoy rejected from the others, here and, by what is said on the bus, at every replica: they are
 * served the last good version, or keep what they have. It ends when the view moves on.
 */
export interface Quarantine {
  answered(stream: ProxyStream, answer: Answer): void;
  /** A proxy came back: what it holds of the view's versions it was content with. */
  asked(stream: ProxyStream, asked: Asked): void;
  /** Puts a view into the world in its predecessor's place. @returns it as it is to be served. */
  moved(before: ActiveView | undefined, after: ActiveView): ActiveView;
  /** Takes a view out of the world. @returns what it was. */
  forgotten(id: ViewId): ActiveView | undefined;
  /** What is said on the bus. */
  take(event: WatchEvent): Promise<void>;
  /** All verdicts that stand have been read once. */
  isCurrent(): boolean;
}

export function createQuarantine(deps: QuarantineDeps): Quarantine {
  const { world, log } = deps;
  const hold = (verdict: VerdictPayload) => {
    world.rejected.set(verdictKey(verdict), verdict);
    for (const view of viewsBoundBy(world, verdict)) sentence(world, view, verdict);
    serveAnew(deps, verdict);
    post.say();
  };
  /** What it is to have in the end, though it may wait for a while. */
  const wantedBy = (stream: ProxyStream) => world.views.get(stream.view().payload.id) ?? stream.view();
  const post = createVerdictPost(deps, (verdict) => hold(merged(world.rejected.get(verdictKey(verdict)), verdict)));
  const reject = (view: ActiveView, said: VerdictPayload) => {
    const known = world.rejected.get(verdictKey(said));
    if ((known && binds(view, known)) || !isBelieved(world, view, said)) return;
    const verdict = merged(known, said);
    const { type, name, digest, words } = verdict;
    log.warn({ type, name, digest, words }, "version quarantined");
    hold(verdict);
  };
  const tidy = () => {
    post.forgetPast();
    post.say();
  };
  return {
    answered: (stream, { type, put, guilty, error }) => {
      if (!isJudgedType(type)) return;
      const view = wantedBy(stream);
      if (error === undefined) return learnAccepted(world, view, { type, put });
      const words = error.slice(0, longestWords);
      const { revision } = view.payload;
      for (const { name, version } of guilty) reject(view, { type, name, digest: parseDigest(version), words, revision, by: [view.payload.id], lastGood: {}, beside: {}, sound: [] });
    },
    asked: (stream, { type, initial }) => {
      if (!isJudgedType(type) || initial.size === 0) return;
      const view = wantedBy(stream);
      const held = [...initial].filter(([name, version]) => refIn(view.listed[type], name)?.digest === version);
      learnAccepted(world, view, { type, put: held.map(([name, version]) => ({ name, version })) });
    },
    moved: (before, after) => {
      if (before) learnMove(world, before, after);
      for (const verdict of world.rejected.values()) if (binds(after, verdict)) sentence(world, after, verdict);
      const served = withStandIns(world, { ...after, left: leftBehind(world, before, after) });
      world.views.set(after.payload.id, served);
      tidy();
      return served;
    },
    forgotten: (id) => {
      const view = world.views.get(id);
      world.views.delete(id);
      world.verdicts.delete(id);
      tidy();
      return view;
    },
    take: post.take,
    isCurrent: post.isCurrent,
  };
}

/** The first proxy to speak decides: who rejects what another took is alone with its trouble. */
function isBelieved(world: World, view: ActiveView, verdict: VerdictPayload): boolean {
  if (!lists(view, verdict)) return false;
  sentence(world, view, verdict);
  return quarantineOf(world.verdicts.get(view.payload.id) ?? noVerdicts, itemOf(verdict)) !== undefined;
}

function serveAnew({ world, streams }: QuarantineDeps, verdict: VerdictPayload): void {
  for (const before of viewsBoundBy(world, verdict)) {
    const after = withStandIns(world, before);
    if (after === before) continue;
    world.views.set(before.payload.id, after);
    streams.viewChanged(before, after);
  }
}
