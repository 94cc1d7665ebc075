import { findMeshes } from "../cluster/meshes.ts";
import type { Place } from "./leftovers.ts";
import { removeNamespace, removeRelease, removeRest, type Remover, type Removal } from "./uninstall-mesh.ts";

/** Its release, then its rest as asked for; never what another mesh of the same name or namespace stands on. @returns whether there was a release, and it went */
export async function removeMesh(remover: Remover, place: Place, removal: Removal): Promise<boolean> {
  const wasThere = await removeRelease(remover, place);
  if (!wasThere) remover.warn(`note: no mesh [${place.mesh}] was uninstalled from namespace [${place.namespace}]`);
  if (!removal.wide && !removal.namespace) return wasThere;
  // Also the mesh itself: somebody who said no keeps what it needs.
  const [standing] = (await findMeshes(remover.cluster)).filter(({ name, namespace }) => name === place.mesh || namespace === place.namespace);
  if (standing) {
    remover.warn(`note: mesh [${standing.name}] stands in namespace [${standing.namespace}], so its Secrets and the namespace stay, and so does all that is left of mesh [${place.mesh}]`);
    return wasThere;
  }
  await removeRest(remover, place, removal);
  if (removal.namespace) await removeNamespace(remover, place.namespace);
  return wasThere;
}
