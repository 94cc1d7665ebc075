import type { AliasClaim, InjectionSettings, NamespaceView } from "@osm/inject";

/** What the injector must know to admit a pod of a namespace. */
export interface KnownNamespace {
  readonly namespace: NamespaceView;
  readonly settings: InjectionSettings;
  /** Left out where nothing is known of other meshes. */
  readonly alias?: AliasClaim;
}

/** Answers from memory, so that no pod waits for a call; undefined: this namespace is not known, or not yet. */
export type MeshLookup = (namespace: string) => KnownNamespace | undefined;

/** Resolves when what is known has changed, or the signal aborts. */
export type Changed = (signal: AbortSignal) => Promise<void>;
