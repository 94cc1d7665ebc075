export { crdOf, smiCrds } from "./crds.ts";
export { openWire, type Wire } from "./wire.ts";
export { clusterNeeds, startTestCluster, type ClusterOptions, type TestCluster } from "./test-cluster.ts";
