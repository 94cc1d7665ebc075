import { listPods } from "../cluster/pods.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { counted } from "../frame/words.ts";

/** Says how many pods are there that only get a sidecar once they are created anew. Who may not read pods is told nothing. */
export async function unmeshedNote(cluster: OpenedCluster, namespace: string, warn: (line: string) => void): Promise<void> {
  const pods = await listPods(cluster, namespace).catch(() => []);
  const without = pods.filter(({ hostNetwork, hasSidecar }) => !hostNetwork && !hasSidecar);
  if (without.length > 0) warn(`note: ${counted(without.length, "pod")} in ${namespace} ${without.length === 1 ? "runs" : "run"} without a sidecar until created anew: kubectl rollout restart deployment -n ${namespace}`);
}
