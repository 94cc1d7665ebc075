import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { needs } from "../../libs/testkit/src/index.ts";
import { chartNeeds, openChartCluster, type ChartCluster } from "./chart-cluster.ts";
import { valueSets } from "./chart-values.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

const namespace = "osm-system";

/** A pod as the workload would make it, with its claims: the API server judges pods, not what makes them. */
function podOf(workload: unknown): object {
  const name = String(at(workload, "metadata", "name"));
  const claimed = listAt(workload, "spec", "volumeClaimTemplates").map((claim) => ({ name: at(claim, "metadata", "name"), persistentVolumeClaim: { claimName: "claimed" } }));
  const template = at(workload, "spec", "template");
  const spec = { ...Object(at(template, "spec")), volumes: [...listAt(template, "spec", "volumes"), ...claimed] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels: at(template, "metadata", "labels") }, spec };
}

needs(...chartNeeds)("the chart's objects before a Kubernetes API", () => {
  let cluster: ChartCluster;
  const judged = (text: string) => cluster.ask(text, "apply", "--dry-run=server", "--validate=strict");

  beforeAll(async () => {
    cluster = await openChartCluster();
    const labels = { "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest" };
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
    const rendered = await Promise.all(Object.values(valueSets).map(async (values) => objectsIn(await render(...values))));
    const accounts = new Map(rendered.flat().filter((object) => at(object, "kind") === "ServiceAccount").map((account) => [at(account, "metadata", "name"), stringify(account)]));
    await cluster.ask([...accounts.values()].join("---\n"), "apply");
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  describe.each(Object.entries(valueSets))("with %s", (_name, values) => {
    test("are all taken, with no field that it does not know", async () => {
      const text = await render(...values);
      expect((await judged(text)).trim().split("\n").length).toBe(objectsIn(text).length);
    });

    test("make pods that the restricted profile lets in", async () => {
      const workloads = objectsIn(await render(...values)).filter((object) => at(object, "spec", "template", "spec") !== undefined);
      const pods = workloads.map(podOf);
      expect(pods.length).toBeGreaterThanOrEqual(6);
      expect((await judged(pods.map((pod) => stringify(pod)).join("---\n"))).trim().split("\n").length).toBe(pods.length);
    });
  });

  test("a pod that asks for more is refused there", async () => {
    const [workload] = objectsIn(await render()).filter((object) => at(object, "kind") === "Deployment");
    const pod = podOf(workload);
    await expect(judged(stringify({ ...pod, spec: { ...Object(at(pod, "spec")), hostNetwork: true } }))).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  test("a field that the API does not know is refused there", async () => {
    const text = await render("--show-only", "templates/xds.yaml");
    await expect(judged(text.replace("enableServiceLinks:", "enableServiceLink:"))).rejects.toThrow(/unknown field "spec.template.spec.enableServiceLink"/);
  });
});
