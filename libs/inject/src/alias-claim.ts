import { label } from "./annotations.ts";

/** Which mesh a namespace means that says `osm-injection=enabled` and names none. */
export type AliasClaim = "ours" | "other" | { readonly refused: string };

export interface Claimants {
  readonly mesh: string;
  /** Set by whoever installed it as the only mesh of a cluster. A mesh of the default name claims the alias in any case. */
  readonly claimsAlias: boolean;
  /** Names of the other meshes in the cluster. */
  readonly others: readonly string[];
}

/** The name that a mesh has unless it is given one. */
export const defaultMesh = "osm";

/** The mesh of the default name has the alias, or the only mesh that there is. Where nobody has, or two have, it is refused: a guess would put pods into the wrong mesh. */
export function aliasClaim({ mesh, claimsAlias, others }: Claimants): AliasClaim {
  const hasNamesake = others.includes(defaultMesh);
  if (mesh === defaultMesh) return hasNamesake ? refused([mesh, ...others], "two meshes of that name claim it") : "ours";
  if (hasNamesake) return "other";
  if (others.length > 0) return refused([mesh, ...others], "several meshes could be meant");
  return claimsAlias ? "ours" : refused([mesh], `mesh ${mesh} does not claim it`);
}

function refused(meshes: readonly string[], why: string): AliasClaim {
  const known = [...new Set(meshes)].sort().join(", ");
  return { refused: `the label ${label.injection}=enabled does not say which mesh, and ${why}: label the namespace ${label.mesh}=<mesh> instead (meshes here: ${known})` };
}
