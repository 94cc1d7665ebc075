import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { needs, programPath } from "../../libs/testkit/src/index.ts";
import { chartNeeds, openChartCluster, type ChartCluster } from "./chart-cluster.ts";
import { chart } from "./rendered-chart.ts";

const namespace = "osm-system";

// No pod runs on this cluster, so that the hook would wait for ever.
needs(...chartNeeds)("an upgrade that Kubernetes would stop half-way", () => {
  let cluster: ChartCluster;
  const helm = async (verb: string, ...args: readonly string[]) => (await promisify(execFile)(programPath("helm"), [verb, "osm", "--kubeconfig", cluster.kubeconfig, "--namespace", namespace, "--no-hooks", ...args])).stdout;
  const install = async (values: string) => await helm("install", chart, ...setting(values));
  const upgrade = async (values: string) => await helm("upgrade", chart, "--reuse-values", ...setting(values));
  const setting = (values: string) => (values === "" ? [] : ["--set", values]);
  const standing = async () => await cluster.kubectl("-n", namespace, "get", "deployments,statefulsets,services,configmaps,meshconfigs", "-o", 'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.uid} {.metadata.generation} {.metadata.labels}{"\\n"}{end}');

  beforeAll(async () => {
    cluster = await openChartCluster();
    await cluster.kubectl("create", "namespace", namespace);
    await cluster.kubectl("-n", namespace, "wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s");
  });
  afterEach(async () => void (await helm("uninstall", "--ignore-not-found", "--wait=false")));
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test.each([
    { of: "a bus without disks that is to have some", first: "", next: "osm.nats.persistence.enabled=true", says: "osm.nats.persistence.enabled: its servers have no disk that stays, and that of StatefulSet osm-system/osm-nats cannot be changed. kubectl delete statefulset osm-nats -n osm-system" },
    { of: "a bus with disks that is to have none", first: "osm.nats.persistence.enabled=true", next: "osm.nats.persistence.enabled=false", says: "osm.nats.persistence.enabled: its servers have disks that stay" },
    { of: "disks of another class", first: "osm.nats.persistence.enabled=true", next: "osm.nats.persistence.storageClassName=fast", says: "osm.nats.persistence.storageClassName: its disks are of the cluster's usual one" },
    { of: "disks of another size", first: "osm.nats.replicaCount=3,osm.nats.persistence.enabled=true", next: "osm.nats.maxBytes=2147483648", says: "osm.nats.maxBytes: its disks have 1342177280 bytes, and this takes 2415919104, and that of StatefulSet osm-system/osm-nats-cluster cannot be changed" },
    { of: "a mesh by another name", first: "", next: "osm.meshName=blue", says: "osm.meshName: the mesh of this release is osm, and a mesh keeps its name" },
  ])("is refused before anything is changed: $of", async ({ first, next, says }) => {
    await install(first);
    const before = await standing();
    await expect(upgrade(next)).rejects.toThrow(says);
    expect(await standing()).toBe(before);
  });

  test("of an Open Service Mesh before 2.0 is refused, with the way to this one", async () => {
    await install("");
    await cluster.kubectl("-n", namespace, "create", "deployment", "osm-controller", "--image=x", "--replicas=0");
    await expect(upgrade("")).rejects.toThrow("Deployment osm-system/osm-controller: this is an Open Service Mesh before 2.0, which cannot become this mesh in place");
    await cluster.kubectl("-n", namespace, "delete", "deployment", "osm-controller");
  });

  test("goes through by the way that its refusal names", async () => {
    await install("");
    await cluster.kubectl("-n", namespace, "delete", "statefulset", "osm-nats");
    await upgrade("osm.nats.persistence.enabled=true");
    expect(await cluster.kubectl("-n", namespace, "get", "statefulset", "osm-nats", "-o", "jsonpath={.spec.volumeClaimTemplates[*].metadata.name}")).toBe("data");
  });

  test("is no upgrade of what may change: sizes without disks, one server or three, and the same again", async () => {
    await install("osm.nats.persistence.enabled=true");
    await upgrade("");
    await upgrade("osm.nats.replicaCount=3");
    await upgrade("osm.nats.replicaCount=1,osm.nats.bundled=false,osm.nats.url=tls://nats.example:4222");
    await upgrade("osm.nats.bundled=true,osm.nats.maxBytes=2147483648");
  });
});
