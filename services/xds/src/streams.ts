import type { Change } from "@osm/ads";
import type { ViewId } from "@osm/model";
import type { ProxyStream } from "./stream.ts";
import { differences, type ActiveView, type World } from "./world.ts";

/** The open streams, found by the view they serve. */
export interface Streams {
  add(stream: ProxyStream): void;
  remove(stream: ProxyStream): void;
  all(): Iterable<ProxyStream>;
  /** A view was learnt or changed: its streams are told what differs. */
  viewChanged(before: ActiveView | undefined, after: ActiveView): void;
  /** An assignment changed. */
  assignmentChanged(name: string, from: string): void;
  trustChanged(from: string): void;
  /** A proxy is of another view now. */
  proxyMoved(uid: string): void;
  /** A proxy is gone: its streams end. */
  proxyGone(uid: string): void;
}

export function createStreams(world: World): Streams {
  const byView = new Map<ViewId, Set<ProxyStream>>();
  const open = new Map<ProxyStream, { view: ViewId }>();

  const place = (stream: ProxyStream, view: ViewId) => byView.set(view, (byView.get(view) ?? new Set()).add(stream));
  const unplace = (stream: ProxyStream, view: ViewId) => {
    const rest = byView.get(view);
    rest?.delete(stream);
    if (rest?.size === 0) byView.delete(view);
  };
  const tell = (streams: Iterable<ProxyStream>, changes: readonly Change[]) => {
    for (const stream of streams) stream.on({ kind: "retarget", changes });
  };
  const of = (uid: string) => [...open].filter(([stream]) => stream.proxy.uid === uid);

  /** A view that is not at hand yet is moved to when it is. */
  const move = (uid: string) => {
    const view = world.proxies.get(uid)?.view;
    for (const [stream, entry] of of(uid)) {
      const next = view && world.views.get(view);
      if (!view || !next || entry.view === view) continue;
      const changes = differences(world, world.views.get(entry.view), next);
      unplace(stream, entry.view);
      entry.view = view;
      place(stream, view);
      stream.become(next, changes);
    }
  };

  return {
    add: (stream) => {
      open.set(stream, { view: stream.proxy.view });
      place(stream, stream.proxy.view);
    },
    remove: (stream) => {
      const view = open.get(stream)?.view;
      if (view) unplace(stream, view);
      open.delete(stream);
    },
    all: () => open.keys(),
    viewChanged: (before, after) => {
      const changes = differences(world, before, after);
      for (const stream of byView.get(after.payload.id) ?? []) stream.become(after, changes);
      if (!before) for (const { proxy } of open.keys()) if (world.proxies.get(proxy.uid)?.view === after.payload.id) move(proxy.uid);
    },
    assignmentChanged: (name, from) => {
      for (const [id, streams] of byView) if (world.views.get(id)?.endpoints.has(name)) tell(streams, [{ type: "EDS", name, from }]);
    },
    trustChanged: (from) => tell(open.keys(), [{ type: "SDS", name: "trust", from }]),
    proxyMoved: move,
    proxyGone: (uid) => {
      for (const [stream] of of(uid)) stream.end("pod-gone");
    },
  };
}
