import type { ObjectHead } from "@osm/intake";
import type { FactKind } from "@osm/model";

/** What a watcher sees of a cluster, whatever is behind it. Objects are as they were written, not yet validated. */
export type ClusterEvent =
  /** The object is there in this form. `source` says where a user finds it. */
  | { readonly kind: "object"; readonly object: unknown; readonly source: string; readonly at?: ChangeNumber }
  | { readonly kind: "gone"; readonly head: ObjectHead; readonly at?: ChangeNumber }
  /** Something could not be read or split into objects: what was read from it before stays. Line 0: no line is at fault. */
  | { readonly kind: "unreadable"; readonly source: string; readonly line: number; readonly reason: string }
  /** All objects of these kinds that stood at the start have been delivered. */
  | { readonly kind: "listed"; readonly kinds: readonly FactKind[] };

/**
 * Orders the changes of one object, where the cluster counts them. Absent for what a list says: that is how things stand, whatever
 * was said of them before.
 */
export type ChangeNumber = number;

/** A cluster that can be listed and watched. */
export interface Cluster extends AsyncDisposable {
  /** List, then `listed` for every kind, once each, then changes, until the signal aborts. */
  watch(options: { readonly signal: AbortSignal }): AsyncIterable<ClusterEvent>;
}
