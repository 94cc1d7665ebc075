export { crdOf, smiCrds } from "./crds.ts";
export { openWire, type Wire } from "./wire.ts";
export { startTestCluster, type ClusterOptions, type ClusterPrograms, type TestCluster } from "./test-cluster.ts";
