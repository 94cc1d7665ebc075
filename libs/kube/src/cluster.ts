import type { ObjectHead } from "@osm/intake";

/** What a watcher sees of a cluster, whatever is behind it. Objects are as they were written, not yet validated. */
export type ClusterEvent =
  /** The object is there in this form. `source` says where a user finds it. */
  | { readonly kind: "object"; readonly object: unknown; readonly source: string }
  | { readonly kind: "gone"; readonly head: ObjectHead }
  /** Something could not be read or split into objects: what was read from it before stays. Line 0: no line is at fault. */
  | { readonly kind: "unreadable"; readonly source: string; readonly line: number; readonly reason: string }
  /** All that stood at the start has been delivered. */
  | { readonly kind: "listed" };

/** A cluster that can be listed and watched. */
export interface Cluster extends AsyncDisposable {
  /** List, then `listed`, then changes, until the signal aborts. */
  watch(options: { readonly signal: AbortSignal }): AsyncIterable<ClusterEvent>;
}
