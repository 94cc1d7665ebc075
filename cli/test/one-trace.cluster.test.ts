import { readFile } from "node:fs/promises";
import { splitDocuments } from "@osm/intake";
import { openKubeApi } from "@osm/kube";
import { clusterNeeds, smiCrds, startTestCluster } from "@osm/test-cluster";
import { needs, startOtlpReceiver } from "@osm/testkit";
import { expect, test } from "vitest";
import { runPods } from "../../services/watcher/test/real-cluster.ts";
import { node } from "../../services/watcher/test/many-objects.ts";
import { traceTree } from "./trace-tree.ts";
import { startTracedMesh } from "./traced-mesh.ts";

const scenario = `${import.meta.dirname}/../../libs/compile/scenarios/a-traffic-target-opens-its-routes-to-its-sources/in.yaml`;

needs(...clusterNeeds, "rotel-agent", "nats-server", "redis-server", "openssl")("one kubectl apply, through separate processes on NATS and Redis", () => {
  test("is one trace from the API server to the last ACK", { timeout: 300_000 }, async () => {
    await using cluster = await startTestCluster();
    await using receiver = await startOtlpReceiver();
    const text = await readFile(scenario, "utf8");
    const documents = splitDocuments(text);
    const objects = documents.kind === "broken" ? expect.fail(documents.reason) : documents.objects;
    const ofKind = (...kinds: readonly string[]) => objects.filter((object) => kinds.some((kind) => JSON.stringify(object).includes(`"kind":"${kind}","metadata"`)));
    await cluster.apply(node, ...smiCrds, ...ofKind("Namespace").map((each) => JSON.stringify(each)));
    await cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
    await cluster.apply(...ofKind("ServiceAccount", "Service").map((each) => JSON.stringify(each)));
    await cluster.apply(...ofKind("Pod").map((each) => JSON.stringify(scheduled(each))));
    await runPods(openKubeApi({ kubeconfig: cluster.kubeconfig, context: "" }), "shop", 3);
    await cluster.apply(...ofKind("HTTPRouteGroup", "TrafficTarget").map((each) => JSON.stringify(each)));
    const uidOf = (pod: string) => cluster.kubectl("get", "pod", pod, "-n", "shop", "-o", "jsonpath={.metadata.uid}");

    await using mesh = await startTracedMesh({ collector: receiver.http, clusterUrl: `kubernetes:${cluster.kubeconfig}?context=test` });
    await mesh.connect([
      { uid: await uidOf("web-1"), identity: { namespace: "shop", serviceAccount: "web" }, routes: ["rds-inbound.8080"], replica: "xds-0" },
      { uid: await uidOf("buyer"), identity: { namespace: "shop", serviceAccount: "buyer" }, routes: ["rds-outbound.shop/web|80"], replica: "xds-1" },
    ]);
    const [target] = ofKind("TrafficTarget");
    await cluster.apply(JSON.stringify(target).replace('"matches":["buy"]', '"matches":["buy","restock"]'));

    const spans = await receiver.until((all) => {
      const { traceId = "" } = all.find(({ name, attributes }) => name === "watch.fact" && attributes["kind"] === "TrafficTarget") ?? {};
      const said = (name: string) => all.filter((span) => span.traceId === traceId && span.name === name).length;
      return said("ads.push") === 2 && said("compile.publish") === 2;
    });
    const { traceId } = spans.find(({ name, attributes }) => name === "watch.fact" && attributes["kind"] === "TrafficTarget") ?? expect.fail("no change was seen");
    const trace = spans.filter((span) => span.traceId === traceId);
    console.log(traceTree(trace));
    expect(await mesh.stop()).toEqual([0, 0, 0, 0, 0, 0]);
    const push = (replica: string) => trace.find(({ name, instance }) => name === "ads.push" && instance === replica)?.attributes;
    expect(push("xds-0")).toMatchObject({ proxies: "1", acked: "1", rejected: "0", unanswered: "0" });
    expect(push("xds-1")).toMatchObject({ proxies: "0", unanswered: "0" });
    expect(new Set(trace.map(({ service }) => service))).toEqual(new Set(["osm-watcher", "osm-compiler", "osm-xds"]));
  });
});

/** A pod as a real API takes it: on a node, with images; what it names itself there is the API's to say. */
function scheduled(pod: unknown): unknown {
  return JSON.parse(JSON.stringify(pod), (key, value) => {
    if (key === "containers") return value.map((container: object) => ({ image: "none", ...container }));
    if (key === "spec") return { nodeName: "fake", terminationGracePeriodSeconds: 0, ...value };
    return key === "uid" || key === "status" ? undefined : value;
  });
}
