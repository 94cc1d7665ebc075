import type { Change, Item } from "@osm/ads";
import type { ViewId } from "@osm/model";
import { differences, trustChanges } from "./differences.ts";
import { createSettledCount, type SettledCount } from "./settled-count.ts";
import { createStreamIndex, type StreamIndex } from "./stream-index.ts";
import type { ProxyStream } from "./stream.ts";
import type { Trials } from "./trials.ts";
import type { ActiveView, World } from "./world.ts";

/** The open streams, found by the view they serve. */
export interface Streams {
  add(stream: ProxyStream): void;
  remove(stream: ProxyStream): void;
  all(): ReadonlySet<ProxyStream>;
  /** How many proxies are connected, and how many of them have everything and wait for nobody. */
  tally: SettledCount["count"];
  /** What the stream owes or waits for may be different. */
  touched(stream: ProxyStream): void;
  ofProxy(uid: string): ReadonlySet<ProxyStream>;
  /** What streams are, or may be, served from. */
  views(): Iterable<ActiveView>;
  /** Versions that streams may have to be sent again though their target moved on. */
  holds(): Iterable<Item>;
  /** A view was learnt or changed: its streams are told what differs, one proxy's first where something is new. */
  viewChanged(before: ActiveView | undefined, after: ActiveView): void;
  /** Proxies of these views need not wait any more, or not for all. */
  opened(views: readonly ViewId[]): void;
  viewGone(view: ActiveView | undefined): void;
  /** A view as a new stream of this proxy is to have it. */
  viewFor(uid: string, view: ActiveView): ActiveView;
  /** True while the proxy waits for another's answer. */
  waits(stream: ProxyStream): boolean;
  /** An assignment changed. */
  assignmentChanged(name: string, from: string): void;
  trustChanged(from: string): void;
  /** A proxy is of another view now. */
  proxyMoved(uid: string): void;
  /** A proxy is gone: its streams end. */
  proxyGone(uid: string): void;
}

export function createStreams(world: World, trials: Trials): Streams {
  const index = createStreamIndex();
  const waits = (stream: ProxyStream) => {
    const view = world.views.get(stream.view().payload.id);
    return view !== undefined && view !== stream.view();
  };
  const counting = createSettledCount({ ofProxy: index.ofProxy, proxies: index.proxies, isSettled: (stream) => !waits(stream) && stream.settled() });
  const touched = ({ proxy }: ProxyStream) => counting.touched(proxy.uid);
  return {
    ...movingTo({ world, trials, index, touched }),
    tally: counting.count,
    touched,
    waits,
    add: (stream) => {
      index.add(stream);
      touched(stream);
    },
    remove: (stream) => {
      index.remove(stream);
      touched(stream);
    },
    all: index.all,
    ofProxy: index.ofProxy,
    views: function* () {
      for (const stream of index.all()) yield stream.view();
      yield* trials.bases();
    },
    holds: function* () {
      for (const stream of index.all()) yield* stream.holds();
    },
    viewGone: (view) => {
      if (!view) return;
      trials.forgotten(view);
      for (const stream of index.ofView(view.payload.id)) touched(stream);
    },
    viewFor: (uid, view) => trials.servedTo({ uid, from: undefined, isLone: () => index.isLoneIn(view.payload.id, uid) }, view),
    assignmentChanged: (name, from) => {
      for (const stream of index.all()) if (stream.view().endpoints.has(name)) stream.retarget([{ type: "EDS", name, from }]);
    },
    trustChanged: (from) => {
      for (const stream of index.all()) stream.retarget(trustChanges(stream.view(), from));
    },
    proxyGone: (uid) => {
      for (const stream of index.ofProxy(uid)) stream.end("pod-gone");
    },
  };
}

/** How streams come to what they are served from. */
function movingTo(parts: ServingParts): Pick<Streams, "viewChanged" | "opened" | "proxyMoved"> {
  const { world, trials, index } = parts;
  const serve = servingFrom(parts);

  /** A view that is not at hand yet is moved to when it is. */
  const move = (uid: string) => {
    const id = world.proxies.get(uid)?.view;
    const view = id && world.views.get(id);
    if (!view) return;
    const moving = [...index.ofProxy(uid)].filter((stream) => index.viewOf(stream) !== id);
    for (const stream of moving) index.place(stream, id);
    serve(moving, view);
  };
  /** Where nothing had to be sent nothing is to be waited for. */
  const letContentGo = () => {
    for (const uid of trials.triers()) if ([...index.ofProxy(uid)].every((stream) => stream.settled())) trials.content(uid);
  };
  return {
    proxyMoved: move,
    viewChanged: (before, after) => {
      const { id } = after.payload;
      const coming = before ? [] : [...index.all()].filter(({ proxy }) => world.proxies.get(proxy.uid)?.view === id);
      const anybody = index.all().size > 0;
      trials.offered({ before, after }, anybody ? quietFirst(new Set([...index.ofView(id), ...coming])) : undefined);
      serve(index.ofView(id), after);
      for (const { proxy } of coming) move(proxy.uid);
      letContentGo();
    },
    opened: (views) => {
      for (const id of views) {
        const view = world.views.get(id);
        if (view) serve(index.ofView(id), view);
      }
    },
  };
}

interface ServingParts {
  readonly world: World;
  readonly trials: Trials;
  readonly index: StreamIndex;
  readonly touched: (stream: ProxyStream) => void;
}

/** Most streams have the same view and go to the same one, which is compared once. */
function servingFrom({ world, trials, index, touched }: ServingParts) {
  return (streams: Iterable<ProxyStream>, view: ActiveView): void => {
    const changesOf = comparing(world);
    for (const stream of streams) {
      const [from, { uid }] = [stream.view(), stream.proxy];
      const to = trials.servedTo({ uid, from, isLone: () => index.isLoneIn(view.payload.id, uid) }, view);
      const changes = to === from ? nothing : changesOf(from, to);
      if (to !== from) stream.become(to, changes);
      // What is sent to it, it says itself.
      if (changes.length === 0) touched(stream);
    }
  };
}

const nothing: readonly Change[] = [];

function comparing(world: World): (from: ActiveView, to: ActiveView) => readonly Change[] {
  const compared = new Map<ActiveView, Map<ActiveView, readonly Change[]>>();
  return (from, to) => {
    const known = compared.get(from) ?? new Map<ActiveView, readonly Change[]>();
    const changes = known.get(to) ?? differences(world, from, to);
    compared.set(from, known.set(to, changes));
    return changes;
  };
}

/** Who owes an answer would let the others wait. */
function quietFirst(streams: Iterable<ProxyStream>): readonly string[] {
  const [quiet, busy] = [new Set<string>(), new Set<string>()];
  for (const { proxy, unansweredSince } of streams) (unansweredSince() === undefined ? quiet : busy).add(proxy.uid);
  return [...quiet.difference(busy), ...busy];
}
