import type { ViewId } from "@osm/model";
import type { ProxyStream } from "./stream.ts";

/** The open streams, by the view that they are of and by their proxy. */
export interface StreamIndex {
  add(stream: ProxyStream): void;
  remove(stream: ProxyStream): void;
  /** The stream is of this view from now on. */
  place(stream: ProxyStream, view: ViewId): void;
  all(): ReadonlySet<ProxyStream>;
  /** How many proxies have a stream. */
  proxies(): number;
  viewOf(stream: ProxyStream): ViewId | undefined;
  ofView(view: ViewId): ReadonlySet<ProxyStream>;
  ofProxy(uid: string): ReadonlySet<ProxyStream>;
  /** The view has streams of no other proxy. */
  isLoneIn(view: ViewId, uid: string): boolean;
}

const none: ReadonlySet<ProxyStream> = new Set();

export function createStreamIndex(): StreamIndex {
  const [byView, byProxy] = [createGroups<ViewId>(), createGroups<string>()];
  const views = new Map<ProxyStream, ViewId>();
  const open = new Set<ProxyStream>();
  const place = (stream: ProxyStream, view: ViewId) => {
    const before = views.get(stream);
    if (before !== undefined) byView.take(before, stream);
    views.set(stream, view);
    byView.put(view, stream);
  };
  return {
    place,
    add: (stream) => {
      open.add(stream);
      byProxy.put(stream.proxy.uid, stream);
      place(stream, stream.proxy.view);
    },
    remove: (stream) => {
      const view = views.get(stream);
      if (view !== undefined) byView.take(view, stream);
      byProxy.take(stream.proxy.uid, stream);
      views.delete(stream);
      open.delete(stream);
    },
    all: () => open,
    proxies: byProxy.size,
    viewOf: (stream) => views.get(stream),
    ofView: byView.of,
    ofProxy: byProxy.of,
    isLoneIn: (view, uid) => {
      for (const { proxy } of byView.of(view)) if (proxy.uid !== uid) return false;
      return true;
    },
  };
}

function createGroups<K>() {
  const groups = new Map<K, Set<ProxyStream>>();
  return {
    of: (key: K): ReadonlySet<ProxyStream> => groups.get(key) ?? none,
    size: () => groups.size,
    put: (key: K, stream: ProxyStream) => void groups.set(key, (groups.get(key) ?? new Set()).add(stream)),
    take: (key: K, stream: ProxyStream) => {
      const rest = groups.get(key);
      rest?.delete(stream);
      if (rest?.size === 0) groups.delete(key);
    },
  };
}
