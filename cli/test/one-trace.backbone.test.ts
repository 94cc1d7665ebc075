import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { meshMetrics, type MeshMetric, type SaidBy } from "@osm/runtime";
import { needs, startOtlpReceiver, type ReceivedSpan } from "@osm/testkit";
import { expect, test } from "vitest";
import { traceTree } from "./trace-tree.ts";
import { startTracedMesh, type TracedPod } from "./traced-mesh.ts";

const scenario = `${import.meta.dirname}/../../libs/compile/scenarios/a-traffic-target-opens-its-routes-to-its-sources/in.yaml`;
const web = { identity: { namespace: "shop", serviceAccount: "web" }, routes: ["rds-inbound.8080"] };
const pods: readonly TracedPod[] = [
  { ...web, uid: "uid-shop-web-1", replica: "xds-0" },
  { ...web, uid: "uid-shop-web-2", replica: "xds-0" },
  { ...web, uid: "uid-shop-web-3", replica: "xds-1" },
  { uid: "uid-shop-buyer", identity: { namespace: "shop", serviceAccount: "buyer" }, routes: ["rds-outbound.shop/web|80"], replica: "xds-1" },
];

function webPod(number: number): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: web-${number}, namespace: shop, uid: uid-shop-web-${number}, labels: {app: web}}
spec:
  serviceAccountName: web
  containers: [{name: envoy}, {name: app, ports: [{name: http, containerPort: 8080}]}]
status: {phase: Running, podIPs: [{ip: 10.0.1.${number}}]}
`;
}

const stages = ["watch.fact", "compile.fold", "compile.mesh", "compile.publish", "compile.store", "ads.push"];
const ofCertificates: readonly string[] = ["ads.identity", "ca.sign"];
const signed = (all: readonly ReceivedSpan[]) => all.filter(({ name }) => name === "ca.sign");
const at = (span: ReceivedSpan) => `${span.name} ${span.instance}`;

/** The metrics that a service says it has, and those that the list claims of it. */
function typesIn(text: string): readonly string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => `${name} ${kind}`).toSorted();
}
function saidBy(service: SaidBy): readonly string[] {
  const listed: readonly MeshMetric[] = Object.values(meshMetrics);
  return listed.filter(({ by }) => by.includes(service) || by.includes("all")).map(({ name, kind }) => `${name} ${kind}`).toSorted();
}

needs("rotel-agent", "nats-server", "redis-server", "openssl")("one edit of a manifest, through separate processes on NATS and Redis", () => {
  test("is one trace from the watch to the last ACK", { timeout: 240_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "osm-manifests-"));
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(() => rm(folder, { recursive: true }));
    const before = [await readFile(scenario, "utf8"), webPod(2), webPod(3)].join("---\n");
    await writeFile(join(folder, "shop.yaml"), before);
    await using receiver = await startOtlpReceiver();
    await using mesh = await startTracedMesh({ collector: receiver.http, clusterUrl: `folder:${folder}` });
    await mesh.connect(pods);

    // The buyer may restock, too.
    await writeFile(join(folder, ".next"), before.replace("matches: [buy]", "matches: [buy, restock]"));
    await rename(join(folder, ".next"), join(folder, "shop.yaml"));
    const awaited = ["watch.fact watcher-0", ...["compiler-0", "compiler-1"].map((each) => `compile.publish ${each}`), "ads.push xds-0", "ads.push xds-1"];
    const told = await receiver.until((all) => awaited.every((each) => all.some((span) => at(span) === each)) && signed(all).length === pods.length);
    const spans = told.filter(({ name }) => !ofCertificates.includes(name));
    for (const [replica, stage] of [["watcher-0", "published"], ["compiler-0", "compiled"], ["compiler-1", "compiled"], ["xds-0", "acked"], ["xds-1", "acked"]] as const) {
      expect(await mesh.metrics(replica)).toContain(`mesh_convergence_seconds_count{stage="${stage}"} 1\n`);
    }
    for (const service of ["watcher", "compiler", "ca", "xds"] as const) expect(typesIn(await mesh.metrics(`${service}-0`))).toEqual(saidBy(service));
    expect(await mesh.stop()).toEqual([0, 0, 0, 0, 0, 0]);
    console.log(traceTree(told));
    expect(mesh.said()).not.toMatch(/Bearer|PRIVATE KEY|password of/);

    // Each proxy's certificate is a trace of its own, from the server that asked to the CA that signed.
    for (const { parent, traceId, service } of signed(told)) {
      expect(service).toBe("osm-ca");
      expect(told.find(({ id }) => id === parent)).toMatchObject({ name: "ads.identity", parent: "", service: "osm-xds", traceId });
    }
    expect(new Set(signed(told).map(({ traceId }) => traceId)).size).toBe(pods.length);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ service, instance }) => `${service} ${instance}`))).toEqual(
      new Set(["osm-watcher watcher-0", "osm-compiler compiler-0", "osm-compiler compiler-1", "osm-xds xds-0", "osm-xds xds-1"]),
    );
    expect(new Set(spans.map(({ name }) => name))).toEqual(new Set(stages));
    const pushes = spans.filter(({ name }) => name === "ads.push");
    expect(Object.fromEntries(pushes.map(({ instance, attributes }) => [instance, attributes]))).toMatchObject({
      "xds-0": { replica: "xds-0", proxies: "2", acked: "2", rejected: "0", unanswered: "0" },
      "xds-1": { replica: "xds-1", proxies: "1", acked: "1", rejected: "0", unanswered: "0" },
    });
    expect(pushes).toHaveLength(2);
    const byId = new Map(spans.map((span) => [span.id, span]));
    const lineOf = (span: ReceivedSpan): string => (span.parent === "" ? span.name : `${lineOf(byId.get(span.parent) ?? expect.fail(`no parent of ${at(span)}`))} → ${span.name}`);
    for (const push of pushes) expect(lineOf(push)).toBe("watch.fact → compile.fold → compile.mesh → compile.publish → ads.push");
    expect(spans.find(({ name }) => name === "watch.fact")?.attributes).toMatchObject({ kind: "TrafficTarget", namespace: "shop", name: "buyer-may-buy", gone: "false" });
  });
});
