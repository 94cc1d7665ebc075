import { kinds } from "@osm/intake";
import type { OpenedCluster } from "./open-cluster.ts";
import { servedKind } from "./served.ts";

/** The SMI kinds that the cluster serves in a version that the mesh reads, as `HTTPRouteGroup:v1alpha4`, in order. */
export async function smiSupport(cluster: OpenedCluster): Promise<readonly string[]> {
  const smi = kinds.filter(({ group }) => group.endsWith(".smi-spec.io"));
  const served = await Promise.all(smi.map(async (each) => {
    const found = await servedKind(cluster, each);
    return found ? [`${each.kind}:${found.version}`] : [];
  }));
  return served.flat().toSorted();
}
