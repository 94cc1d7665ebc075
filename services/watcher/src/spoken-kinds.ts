import { factKinds, type FactKind } from "@osm/model";

/** Which kinds may be spoken of: absence of a fact means nothing before its kind was listed. */
export interface SpokenKinds {
  /** A list of these kinds is complete. @returns the kinds that may be spoken of from now on. */
  list(kinds: readonly FactKind[]): ReadonlySet<FactKind>;
  readonly spoken: ReadonlySet<FactKind>;
  isComplete(): boolean;
}

export function createSpokenKinds(): SpokenKinds {
  const listed = new Set<FactKind>();
  const spoken = new Set<FactKind>();
  return {
    spoken,
    list: (kinds) => {
      for (const kind of kinds) listed.add(kind);
      const fresh = factKinds.filter((kind) => !spoken.has(kind) && listed.has(kind) && (standsAlone(kind) || listed.has("Namespace")));
      for (const kind of fresh) spoken.add(kind);
      return new Set(fresh);
    },
    isComplete: () => spoken.size === factKinds.length,
  };
}

/** Of all others the namespace decides whether they are of the mesh. */
function standsAlone(kind: FactKind): boolean {
  return kind === "Namespace" || kind === "MeshConfig";
}
