import type { Mesh } from "../cluster/meshes.ts";
import { Unmet } from "../unusable.ts";
import type { Release } from "./releases.ts";

export interface Wanted {
  readonly name: string;
  readonly namespace: string;
  readonly single: boolean;
}

interface Standing {
  readonly meshes: readonly Mesh[];
  /** Helm's, in the namespace that is wanted. */
  readonly releases: readonly Release[];
}

/** Looks for what an installation would collide with, before anything is made. @throws Unmet that says the way out */
export function checkRoom({ name, namespace, single }: Wanted, { meshes, releases }: Standing): void {
  const namesake = meshes.find((each) => each.name === name);
  if (namesake) throw new Unmet(`there is a mesh ${name} already, in namespace ${namesake.namespace} (${namesake.version}): osm mesh upgrade --mesh-name ${name} changes it; another mesh takes another --mesh-name`);
  const neighbour = meshes.find((each) => each.namespace === namespace);
  if (neighbour) throw new Unmet(`namespace ${namespace} holds the control plane of mesh ${neighbour.name}: each mesh has a namespace of its own, so give another --osm-namespace`);
  const begun = releases.find((each) => each.name === name);
  if (begun) throw new Unmet(`an installation of mesh ${name} in namespace ${namespace} was begun and is ${begun.status}: osm uninstall mesh --mesh-name ${name} --osm-namespace ${namespace} -f, then install again`);
  const only = meshes.find((each) => each.single);
  if (only) throw new Unmet(`mesh ${only.name} was installed as the only mesh of the cluster: osm mesh upgrade --mesh-name ${only.name} --enforce-single-mesh=false lets others stand beside it`);
  if (single && meshes.length > 0) throw new Unmet(`mesh ${name} is to be the only one, and there is ${meshes.map((each) => each.name).join(", ")}: leave out --enforce-single-mesh, or uninstall the other`);
}
