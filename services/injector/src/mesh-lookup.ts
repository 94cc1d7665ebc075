import type { InjectionSettings, NamespaceView } from "@osm/inject";

/** What the injector must know to admit a pod of a namespace. */
export interface KnownNamespace {
  readonly namespace: NamespaceView;
  readonly settings: InjectionSettings;
}

/** Answers from memory, so that no pod waits for a call; undefined: this namespace is not known, or not yet. */
export type MeshLookup = (namespace: string) => KnownNamespace | undefined;
