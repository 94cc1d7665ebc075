import { openKubeApi, type KubeApi } from "@osm/kube";
import { clusterNeeds, openWire, smiCrds, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deployment, namespaceObject, node, service, target } from "./many-objects.ts";
import { inParallel, namesIn, runPods, stateOf, untilEqual, watching } from "./real-cluster.ts";

/** Only to notice what hangs. */
const many = 600_000;

needs(...clusterNeeds)("a watcher on a Kubernetes API", () => {
  let cluster: TestCluster;
  let api: KubeApi;
  beforeAll(async () => {
    cluster = await startTestCluster();
    api = openKubeApi({ kubeconfig: cluster.kubeconfig, context: "" });
    await cluster.apply(node, ...smiCrds);
    await cluster.kubectl("wait", "--for=condition=Established", "crd", "--all");
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("follows the label of a namespace: what is in it joins and leaves with it", async () => {
    await cluster.apply(namespaceObject("late", {}), service("web", "late", "web"), target("to-web", "late"));
    await using watcher = watching(cluster.kubeconfig);
    await watcher.ready;
    expect(Object.keys(await stateOf(watcher.bus)).filter((ref) => ref.includes("late"))).toEqual([]);
    await cluster.kubectl("label", "namespace", "late", "openservicemesh.io/monitored-by=osm");
    const joined = await untilEqual(watcher.bus, cluster);
    expect(Object.keys(joined)).toEqual(expect.arrayContaining(["Namespace//late", "Service/late/web", "TrafficTarget/late/to-web", "ServiceAccount/late/default"]));
    await cluster.kubectl("label", "namespace", "late", "openservicemesh.io/monitored-by-");
    const left = await untilEqual(watcher.bus, cluster);
    expect(Object.keys(left).filter((ref) => ref.includes("late"))).toEqual([]);
  });

  test("says of 1000 pods and 100 services what a fresh list says: made, relabelled, deleted, with watches cut in between", { timeout: many }, async () => {
    await using wire = await openWire(cluster.port);
    await using watcher = watching(await cluster.kubeconfigFor({ port: wire.port }));
    await using second = watching(cluster.kubeconfig, watcher.bus);
    await Promise.all([watcher.ready, second.ready]);
    const apps = Array.from({ length: 10 }, (_, index) => `app-${index}`);
    await cluster.apply(namespaceObject("big"), ...apps.map((app) => deployment(app, "big", 100)));
    await cluster.apply(...Array.from({ length: 100 }, (_, index) => service(`s-${index}`, "big", `app-${index % 10}`)), target("t", "big"));
    await runPods(api, "big", 1000);
    wire.cut();
    const made = Object.keys(await untilEqual(watcher.bus, cluster));
    expect(made.filter((ref) => ref.startsWith("Pod/big/"))).toHaveLength(1000);
    expect(made.filter((ref) => ref.startsWith("Service/big/"))).toHaveLength(100);

    const { signal } = new AbortController();
    const pods = namesIn(await api.json({ path: "/api/v1/namespaces/big/pods", signal }));
    await inParallel(pods.values(), async (name) => {
      const body = { metadata: { labels: { tier: "gold" } } };
      await api.json({ method: "PATCH", path: `/api/v1/namespaces/big/pods/${name}`, body, contentType: "application/merge-patch+json", signal });
    });
    await untilEqual(watcher.bus, cluster);

    wire.refuse(true);
    wire.cut();
    await second[Symbol.asyncDispose]();
    await cluster.kubectl("delete", "-n", "big", "deployment/app-0", "deployment/app-1", "service/s-0", "traffictarget/t", "--cascade=foreground");
    await cluster.kubectl("scale", "-n", "big", "deployment/app-2", "--replicas=10");
    await cluster.compact();
    await cluster.killApi();
    await cluster.startApi();
    wire.refuse(false);
    const kept = Object.keys(await untilEqual(watcher.bus, cluster));
    expect(kept).not.toContain("TrafficTarget/big/t");
    await cluster.kubectl("delete", "namespace", "big");
    const left = Object.keys(await untilEqual(watcher.bus, cluster));
    expect(left.filter((ref) => ref.includes("/big"))).toEqual([]);
  });
});
