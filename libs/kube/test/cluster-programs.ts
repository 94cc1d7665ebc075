import { programPath } from "@osm/testkit";
import { startTestCluster, type ClusterOptions, type TestCluster } from "@osm/test-cluster";

/** A Kubernetes API for the tests of a file. */
export function testCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  return startTestCluster(
    {
      etcd: programPath("etcd"),
      kubeApiserver: programPath("kube-apiserver"),
      kubeControllerManager: programPath("kube-controller-manager"),
      kubectl: programPath("kubectl"),
    },
    options,
  );
}

export const clusterNeeds = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;
