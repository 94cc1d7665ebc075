import { programPath } from "@osm/testkit";
import { startTestCluster, type TestCluster } from "@osm/test-cluster";

/** A Kubernetes API for the tests of a file. */
export function testCluster(): Promise<TestCluster> {
  return startTestCluster({
    etcd: programPath("etcd"),
    kubeApiserver: programPath("kube-apiserver"),
    kubeControllerManager: programPath("kube-controller-manager"),
    kubectl: programPath("kubectl"),
  });
}

export const clusterNeeds = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;

/** Every object that a user could see, but for what the cluster itself writes all the time. */
export async function objectsOf(cluster: TestCluster): Promise<readonly string[]> {
  const kinds = (await cluster.kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n").filter((kind) => !/^(events|leases|apiservices|componentstatuses|flowschemas|prioritylevel|clusterroles\.metrics)/.test(kind));
  const lines = await cluster.kubectl("get", kinds.join(","), "-A", "--ignore-not-found", "-o", 'jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.labels}{"\\n"}{end}');
  return [...new Set(lines.trim().split("\n"))].toSorted();
}
