import type { Pod } from "./world.ts";

/** A ServiceAccount. It alone has rights: all pods of one account share them (OSM §5.1). */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export function accountOf({ metadata, spec }: Pod): Account {
  return { namespace: metadata.namespace, name: spec.serviceAccountName };
}

export function same(a: Account, b: Account): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

export function refOfPod({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Only what has a sidecar is part of the mesh; without one there is no certificate to show. */
export function isMeshed({ spec }: Pod): boolean {
  return [...spec.containers, ...spec.initContainers].some(({ name }) => name === "envoy");
}
