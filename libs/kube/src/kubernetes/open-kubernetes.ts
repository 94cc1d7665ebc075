import { kinds } from "@osm/intake";
import { factKinds, type FactKind } from "@osm/model";
import { runTasks, type Log } from "@osm/runtime";
import type { Cluster, ClusterEvent } from "../cluster.ts";
import { createChannel } from "./channel.ts";
import { followKind } from "./follow-kind.ts";
import type { KubeApi } from "./kube-api.ts";
import type { WantedKind } from "./served.ts";
import { usualTimes, type WatchTimes } from "./watch-times.ts";

export interface KubernetesOptions {
  readonly api: KubeApi;
  readonly log: Log;
  /** Called whenever the server has shown that we know how things stand with a kind. */
  readonly fresh?: (kind: FactKind) => void;
  readonly times?: WatchTimes;
  /** Kinds to follow; all when left out. */
  readonly only?: readonly FactKind[];
}

/** Objects under way between the streams and their reader; more of them wait in the sockets. */
const places = 64;

/** A pod that ended is no fact, and a busy cluster is full of them. */
const selectors: Partial<Readonly<Record<FactKind, string>>> = {
  Pod: `fieldSelector=${encodeURIComponent("status.phase!=Succeeded,status.phase!=Failed")}`,
};

/** A Kubernetes API as a cluster: every kind that becomes a fact, each followed by itself, none of them kept here. */
export function openKubernetes({ api, log, fresh = () => {}, times = usualTimes, only }: KubernetesOptions): Cluster {
  return {
    watch: async function* ({ signal }) {
      const stop = new AbortController();
      const ended = AbortSignal.any([signal, stop.signal]);
      const channel = createChannel<ClusterEvent>(places);
      ended.addEventListener("abort", channel.close, { once: true });
      if (ended.aborted) channel.close();
      const common = { api, times, log, source: "kubernetes", tell: channel.put, fresh };
      const followed = wantedKinds.filter(({ kind }) => only?.includes(kind) ?? true).map((wanted) => (signalOfTask: AbortSignal) => followKind({ ...common, wanted, selector: selectors[wanted.kind] ?? "", signal: signalOfTask }));
      const done = runTasks(ended, ...followed).finally(channel.close);
      try {
        yield* channel.items();
      } finally {
        stop.abort(new DOMException("nobody reads any more", "AbortError"));
        await done;
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A newer version of a kind can say all that an older one can, so the newest that is served is read. */
const wantedKinds: readonly (WantedKind & { readonly kind: FactKind })[] = kinds.flatMap(({ group, kind, versions }) => {
  const known = factKinds.find((each) => each === kind);
  return known ? [{ group, kind: known, versions: versions.toSorted().toReversed() }] : [];
});
