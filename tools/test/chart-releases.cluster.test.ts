import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, needs, programPath } from "../../libs/testkit/src/index.ts";
import { chartNeeds, openChartCluster, type ChartCluster } from "./chart-cluster.ts";
import { valueSets } from "./chart-values.ts";
import { at, chart, listAt, objectsIn, render } from "./rendered-chart.ts";

// No pod runs on this cluster, so that the hook would wait for ever; what it makes is tried where pods run.
needs(...chartNeeds)("releases of the chart", () => {
  let cluster: ChartCluster;
  let before: readonly string[];
  const helm = async (verb: string, mesh: string, ...args: readonly string[]) =>
    (await promisify(execFile)(programPath("helm"), [verb, mesh, "--kubeconfig", cluster.kubeconfig, "--namespace", `mesh-of-${mesh}`, "--no-hooks", ...args])).stdout;
  const install = async (mesh: string, ...values: readonly string[]) => await helm("install", mesh, chart, "--set", [`osm.meshName=${mesh}`, ...values].join());
  const upgrade = async (mesh: string, ...values: readonly string[]) => await helm("upgrade", mesh, chart, "--reuse-values", "--set", values.join());
  const releases = async () => (await promisify(execFile)(programPath("helm"), ["list", "-A", "-q", "--kubeconfig", cluster.kubeconfig])).stdout.trim().split("\n").filter((name) => name !== "");
  const leaveNone = async () => {
    for (const mesh of await releases()) await helm("uninstall", mesh);
  };

  beforeAll(async () => {
    cluster = await openChartCluster();
    const namespaces = ["mesh-of-red", "mesh-of-blue"];
    await cluster.apply(...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
    for (const name of namespaces) await cluster.kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "configmap/kube-root-ca.crt", "--timeout=60s");
    before = await everything(cluster);
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());
  afterEach(leaveNone);

  test("two meshes stand beside one another, and one goes without the other", async () => {
    await install("red");
    const alone = await everything(cluster);
    await install("blue");
    expect((await releases()).toSorted()).toEqual(["blue", "red"]);
    await helm("uninstall", "blue");
    await eventually(async () => expect(await everything(cluster)).toEqual(alone), { deadlineMs: 30_000, everyMs: 500 });
  });

  test("a release that goes leaves nothing of what Helm made but the definitions of kinds", async () => {
    await install("red", "osm.watcher.replicaCount=2", "osm.xds.autoScale.enable=true", "osm.xds.autoScale.minReplicas=2");
    expect((await everything(cluster)).length).toBeGreaterThan(before.length + 40);
    await leaveNone();
    await eventually(async () => expect(await everything(cluster)).toEqual(before), { deadlineMs: 30_000, everyMs: 500 });
  });

  describe("that are to be the only mesh", () => {
    test("are not installed beside another", async () => {
      await install("red");
      await expect(install("blue", "osm.enforceSingleMesh=true")).rejects.toThrow("osm.enforceSingleMesh: there is the mesh red already. Uninstall it, or");
      expect(await releases()).toEqual(["red"]);
    });

    test("let none be installed beside them, until they say otherwise", async () => {
      await install("red", "osm.enforceSingleMesh=true");
      await expect(install("blue")).rejects.toThrow("the mesh red in namespace mesh-of-red was installed as the only one of the cluster (osm.enforceSingleMesh)");
      await upgrade("red", "osm.enforceSingleMesh=false");
      await install("blue");
      await expect(upgrade("red", "osm.enforceSingleMesh=true")).rejects.toThrow("there is the mesh blue already");
      await upgrade("red", "osm.enableEgress=true");
    });
  });

  test.each([
    { what: "by default", values: [] },
    { what: "with names of its own and a disk", values: ["--set", "osm.meshName=blue,osm.caBundleSecretName=blue-root,osm.nats.persistence.enabled=true"] },
    { what: "on another's backbone", values: valueSets["external-backbone"] ?? [] },
  ])("say what their end leaves, $what", async ({ values }) => {
    const said = await helm("install", "red", chart, "--dry-run=client", ...values);
    const notes = said.slice(said.lastIndexOf("NOTES:"));
    const objects = objectsIn(await render(...values));
    const kindsOf = (kind: string) => objects.filter((object) => at(object, "kind") === kind);
    const secrets = kindsOf("Role").flatMap((role) => listAt(role, "rules")).filter((rule) => listAt(rule, "resources").join() === "secrets").flatMap((rule) => listAt(rule, "resourceNames").map(String));
    const servers = [...kindsOf("StatefulSet"), ...kindsOf("Deployment")].map((object) => at(object, "metadata", "name"));
    const left = secrets.filter((name) => !["osm-nats", "osm-redis"].includes(name) || servers.includes(name));
    expect(secrets.filter((name) => new RegExp(`[ ,]${name}(,|\\s)`).test(notes))).toEqual(left);
    const mesh = String(at(kindsOf("Deployment")[0], "metadata", "labels", "meshName"));
    for (const name of [`Lease osm-watcher-${mesh}`, `ConfigMap osm-trust-${mesh}`, "CustomResourceDefinitions"]) expect(notes).toContain(name);
    expect(notes.includes("PersistentVolumeClaims data-osm-nats")).toBe(kindsOf("StatefulSet").some((object) => listAt(object, "spec", "volumeClaimTemplates").length > 0));
  });

  test("of one name in two namespaces are refused", async () => {
    await install("red");
    await expect(install("blue", "osm.meshName=red")).rejects.toThrow(/exists and cannot be imported into the current release/);
  });
});

/** Kinds that come and go by themselves, or with each call. */
const unsettled = /^(events|leases|componentstatuses|endpoints|pods\.metrics)/;

/** Every object of the cluster, by kind and name. */
async function everything(cluster: ChartCluster): Promise<readonly string[]> {
  const kinds = (await cluster.kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n").filter((kind) => !unsettled.test(kind));
  const lines = await cluster.kubectl("get", kinds.join(), "-A", "--ignore-not-found", "-o", 'jsonpath={range .items[*]}{.apiVersion} {.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}');
  return lines.trim().split("\n").toSorted();
}
