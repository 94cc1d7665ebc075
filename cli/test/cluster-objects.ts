import type { TestCluster } from "@osm/test-cluster";

/** Every object that a user could see, but for what the cluster itself writes all the time. */
export async function objectsOf(cluster: TestCluster): Promise<readonly string[]> {
  const kinds = (await cluster.kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n").filter((kind) => !/^(events|leases|apiservices|componentstatuses|flowschemas|prioritylevel|clusterroles\.metrics)/.test(kind));
  const lines = await cluster.kubectl("get", kinds.join(","), "-A", "--ignore-not-found", "-o", 'jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.labels}{"\\n"}{end}');
  return [...new Set(lines.trim().split("\n"))].toSorted();
}
