import { allFacts, type MeshState } from "@osm/model";

/** Permissive only where the mesh's configuration says so: without one, deny (design: secure by default). */
export function isPermissive(state: MeshState): boolean {
  return [...allFacts(state, "MeshConfig")].some(({ permissive }) => permissive);
}
