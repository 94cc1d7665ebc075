import { Unusable } from "../unusable.ts";

/** What a mesh is called, and where it is, is no value that can be set. @throws Unusable */
export function checkSets(sets: readonly string[]): void {
  const namesMesh = sets.find((set) => /(^|,)\s*osm\.(meshName|osmNamespace)\s*=/.test(set));
  if (namesMesh !== undefined) throw new Unusable(`--set ${namesMesh}: the name of the mesh and its namespace are said with --mesh-name and --osm-namespace`);
}
