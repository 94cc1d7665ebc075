import { claimantOf, findMeshes, type Claimant } from "../cluster/meshes.ts";
import { mergeInto } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { listPods, podPath } from "../cluster/pods.ts";
import { changeNamespace, type Verdict } from "./change-namespace.ts";
import { keys, meshOfNamespace, type NamespaceObject } from "./namespace-object.ts";

/** As the injector writes them on new pods. */
const scraped = { "prometheus.io/scrape": "true", "prometheus.io/port": "15010", "prometheus.io/path": "/stats/prometheus" } as const;

/** Whether Prometheus is to scrape the sidecars of a namespace: those of new pods, and of those that there are whatever can answer it. @throws KubeError */
export async function switchMetrics(cluster: OpenedCluster, namespace: string, isOn: boolean): Promise<Verdict> {
  const meshes = (await findMeshes(cluster)).map(claimantOf);
  const verdict = await changeNamespace(cluster, namespace, (found) => judge(namespace, found, { meshes, isOn }));
  if (verdict.kind !== "refused") await markPods(cluster, namespace, isOn);
  return verdict;
}

function judge(name: string, found: NamespaceObject | undefined, { meshes, isOn }: { readonly meshes: readonly Claimant[]; readonly isOn: boolean }): Verdict {
  if (!found) return { kind: "refused", why: `there is no namespace ${name}: correct the name` };
  if (meshOfNamespace(found, meshes) === "") return { kind: "refused", why: `namespace ${name} is in no mesh, so it has no sidecars to scrape: osm namespace add ${name}` };
  const said = isOn ? `Metrics successfully enabled in namespace [${name}]` : `Metrics successfully disabled in namespace [${name}]`;
  return { kind: "change", annotations: { [keys.metrics]: isOn ? "enabled" : null, ...(isOn ? {} : { "prometheus.io/scrape": null }) }, said };
}

async function markPods(cluster: OpenedCluster, namespace: string, isOn: boolean): Promise<void> {
  const annotations = isOn ? scraped : Object.fromEntries(Object.keys(scraped).map((key) => [key, null]));
  for (const pod of await listPods(cluster, namespace)) {
    if (isOn ? pod.isScrapable : pod.hasSidecar) await mergeInto(cluster, podPath(namespace, pod.name), { metadata: { annotations } });
  }
}
