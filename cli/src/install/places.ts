import { findMeshes, type Mesh } from "../cluster/meshes.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { Unmet, Unusable } from "../unusable.ts";
import type { Helm } from "./helm.ts";
import { homesOf, isLeft, type Place } from "./leftovers.ts";
import { releasesIn } from "./releases.ts";

/** What was said of the meshes that are to go. */
export interface Naming {
  /** Empty: all. */
  readonly mesh: string;
  /** Where to look for what is left of a mesh that is not there. */
  readonly namespace: string;
  readonly isUsualNamespace: boolean;
  /** Nobody is asked. */
  readonly force: boolean;
}

interface Looking {
  readonly cluster: OpenedCluster;
  readonly helm: Helm;
  readonly warn: (line: string) => void;
}

/** Where the meshes are that are meant; none where nobody minds. @throws Unmet, Unusable where it is not clear what is meant */
export async function placesFor({ cluster, helm, warn }: Looking, naming: Naming): Promise<readonly Place[]> {
  const meshes = await findMeshes(cluster);
  refuseOlder(meshes, ({ name }) => name === naming.mesh);
  const found = meshes.filter(({ name, make }) => make === "osm" && (naming.mesh === "" || name === naming.mesh)).map(({ name, namespace }) => ({ mesh: name, namespace }));
  if (found.length > 1 && naming.force) throw new Unusable(`there are the meshes ${found.map(({ mesh }) => mesh).join(", ")}: say which with --mesh-name, or leave out -f to be asked for each`);
  if (found.length > 0) return found;
  const place = await placeOfRest(cluster, { ...naming, mesh: naming.mesh || "osm" });
  refuseOlder(meshes, ({ name, namespace }) => name === place.mesh || namespace === place.namespace);
  if (await isAnything(cluster, helm, place)) return [place];
  const absent = `there is no mesh ${place.mesh} in the cluster, and nothing is left of one in namespace ${place.namespace}: ${alternatives(meshes)}`;
  if (!naming.force) throw new Unmet(absent);
  warn(`note: ${absent}`);
  return [];
}

function refuseOlder(meshes: readonly Mesh[], isMeant: (mesh: Mesh) => boolean): void {
  const older = meshes.find((each) => each.make === "older" && isMeant(each));
  if (older) throw new Unmet(`mesh ${older.name} in namespace ${older.namespace} is an Open Service Mesh ${older.version}: uninstall it with the osm of that release`);
}

/** Perhaps an installation that never came about, of which Helm knows; or what an uninstallation left, wherever that is. */
async function placeOfRest(cluster: OpenedCluster, { mesh, namespace, isUsualNamespace }: Naming): Promise<Place> {
  const homes = isUsualNamespace ? await homesOf(cluster, mesh) : [];
  if (homes.length > 1) throw new Unusable(`there is no mesh ${mesh}, and something is left of one in the namespaces ${homes.join(", ")}: say which with --osm-namespace`);
  return { mesh, namespace: homes[0] ?? namespace };
}

async function isAnything(cluster: OpenedCluster, helm: Helm, place: Place): Promise<boolean> {
  return (await releasesIn(helm, place.namespace)).some(({ name }) => name === place.mesh) || (await isLeft(cluster, place));
}

function alternatives(meshes: readonly Mesh[]): string {
  return meshes.length === 0 ? "there is none at all" : `name one of ${meshes.map(({ name, namespace }) => `${name} (in ${namespace})`).join(", ")} with --mesh-name`;
}
