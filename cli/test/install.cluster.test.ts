import { clusterNeeds, startTestCluster } from "@osm/test-cluster";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, needs, programPath } from "@osm/testkit";
import type { TestCluster } from "@osm/test-cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askOsm, type AskOptions } from "./ask-osm.ts";
import { objectsOf } from "./cluster-objects.ts";
import { standInNode } from "./stand-in-node.ts";

const pod = (name: string, containers: readonly string[]) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "bookstore" }, spec: { containers: containers.map((each) => ({ name: each, image: "x" })) } });
/** As the injector makes it where the namespace is scraped. */
const scrapable = (name: string) => ({ ...pod(name, []), spec: { containers: [{ name: "app", image: "x" }, { name: "envoy", image: "x", args: ["--config-yaml", "{name: metrics_listener}"] }] } });

// One after the other, as an operator would: each test goes on with what the one before left.
needs(...clusterNeeds, "helm")("meshes come and go", () => {
  let cluster: TestCluster;
  let node: AsyncDisposable;
  let before: readonly string[];
  let dir = "";
  let home = "";
  const osm = async (words: string, options: AskOptions = {}) => await askOsm([...words.split(" "), "--kubeconfig", cluster.kubeconfig], { ...options, env: { ...process.env, HOME: home, OSM_HELM_BIN: programPath("helm"), ...options.env } });
  const helm = (name: string) => cluster.kubectl("get", "secrets", "-A", "-l", `owner=helm,name=${name}`, "-o", "name");

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "osm-no-home-"));
    home = join(dir, "home");
    cluster = await startTestCluster();
    for (const name of ["bookstore", "bookbuyer"]) await cluster.kubectl("create", "namespace", name);
    await cluster.kubectl("-n", "bookstore", "wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s");
    await cluster.kubectl("-n", "bookbuyer", "wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s");
    // Before anything injects: nobody would answer the webhook here.
    await cluster.apply(scrapable("meshed"), pod("older", ["app", "envoy"]), pod("bare", ["app"]));
    before = await objectsOf(cluster);
    node = standInNode(cluster.kubeconfig, { leaves: ["stuck"] });
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await node[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  test("without a mesh commands say how to have one", async () => {
    expect(await osm("mesh list")).toMatchObject({ code: 0, said: "No osm mesh control planes found: osm install makes one" });
    expect(await osm("namespace add bookstore")).toMatchObject({ code: 1, warned: "osm: there is no mesh osm in the cluster: install one with osm install" });
    expect(await osm("mesh upgrade")).toMatchObject({ code: 1, warned: expect.stringContaining("there is no mesh osm") });
    expect(await osm("uninstall mesh", { typed: ["y"] })).toMatchObject({ code: 1, warned: "osm: there is no mesh osm in the cluster, and nothing is left of one in namespace osm-system: there is none at all" });
  });

  test("osm install makes the mesh osm in osm-system, closed", async () => {
    expect(await osm("install")).toMatchObject({ code: 0, said: "OSM installed successfully in namespace [osm-system] with mesh name [osm]" });
    expect(await cluster.kubectl("-n", "osm-system", "get", "meshconfig", "osm-mesh-config", "-o", "jsonpath={.spec.traffic.enableEgress} {.spec.traffic.enablePermissiveTrafficPolicyMode}")).toBe("false false");
  });

  test("a second installation of it is refused, and so is one beside a mesh that wants to be the only one", async () => {
    expect(await osm("install")).toMatchObject({ code: 1, warned: expect.stringContaining("there is a mesh osm already, in namespace osm-system") });
    expect(await osm("install --mesh-name blue --enforce-single-mesh")).toMatchObject({ code: 1, warned: expect.stringContaining("mesh blue is to be the only one, and there is osm") });
    expect((await osm("mesh upgrade --enforce-single-mesh=true")).code).toBe(0);
    expect(await osm("install --mesh-name blue")).toMatchObject({ code: 1, warned: expect.stringContaining("mesh osm was installed as the only mesh of the cluster") });
    expect((await osm("mesh upgrade --enforce-single-mesh=false")).code).toBe(0);
  });

  test("osm install --mesh-name blue stands beside it, with the options of the guides", async () => {
    const ended = await osm("install --mesh-name blue --enable-egress --enable-permissive-traffic-policy --mesh-cidr 10.0.0.0/8");
    expect(ended).toMatchObject({ code: 0, said: "OSM installed successfully in namespace [blue-system] with mesh name [blue]" });
    expect(ended.warned).toContain("--mesh-cidr has no effect any more");
    expect(await cluster.kubectl("-n", "blue-system", "get", "meshconfig", "osm-mesh-config", "-o", "jsonpath={.spec.traffic.enableEgress} {.spec.traffic.enablePermissiveTrafficPolicyMode}")).toBe("true true");
  });

  test("namespaces join, leave and are listed", async () => {
    expect(await osm("namespace add bookstore bookbuyer --enable-sidecar-injection")).toMatchObject({ code: 0, said: "Namespace [bookstore] successfully added to mesh [osm]\nNamespace [bookbuyer] successfully added to mesh [osm]" });
    expect(await osm("namespace list")).toMatchObject({ said: "NAMESPACE   MESH   SIDECAR-INJECTION\nbookbuyer   osm    enabled\nbookstore   osm    enabled" });
    expect(await osm("namespace add bookbuyer --mesh-name blue")).toMatchObject({ code: 1, warned: expect.stringContaining("osm namespace remove bookbuyer --mesh-name osm first") });
    expect(await osm("namespace add nowhere bookbuyer --disable-sidecar-injection")).toMatchObject({ code: 1, said: "Namespace [bookbuyer] successfully added to mesh [osm]", warned: expect.stringContaining("there is no namespace nowhere") });
    expect(JSON.parse((await osm("ns list -o json")).said)).toEqual([{ namespace: "bookbuyer", mesh: "osm", sidecarInjection: "disabled" }, { namespace: "bookstore", mesh: "osm", sidecarInjection: "enabled" }]);
    expect((await osm("namespace remove bookbuyer")).said).toBe("Namespace [bookbuyer] successfully removed from mesh [osm]");
    expect((await osm("namespace ignore bookbuyer")).code).toBe(0);
    expect(await osm("namespace add bookbuyer")).toMatchObject({ code: 1, warned: expect.stringContaining("is ignored") });
    await cluster.kubectl("label", "namespace", "bookbuyer", "openservicemesh.io/ignore-");
  });

  test("both are listed with their namespaces, kinds and versions", async () => {
    const { said } = await osm("mesh list");
    expect(said).toMatch(/^blue +blue-system +2\.\S+ +-$/m);
    expect(said).toMatch(/^osm +osm-system +2\.\S+ +bookstore$/m);
    expect(said).toMatch(/^osm +osm-system +HTTPRouteGroup:v1alpha4,TCPRoute:v1alpha4,TrafficSplit:v1alpha4,TrafficTarget:v1alpha3$/m);
    expect((await osm("version")).said).toMatch(/^CLI Version: 2\.\S+\nMESH NAME +MESH NAMESPACE +VERSION\nblue +blue-system +2\.\S+\nosm +osm-system +2\./);
  });

  test("metrics are switched for namespaces of a mesh, and for the pods in them whose sidecar can answer; of others it is told", async () => {
    expect(await osm("metrics enable --namespace bookstore,bookbuyer")).toMatchObject({ code: 1, said: "Metrics successfully enabled in namespace [bookstore]", warned: expect.stringContaining("namespace bookbuyer is in no mesh") });
    expect((await osm("metrics enable --namespace bookstore")).warned).toBe("osm: 1 pod of namespace bookstore had a sidecar before, which Prometheus cannot ask: kubectl rollout restart deployment -n bookstore");
    const scraped = async () => await cluster.kubectl("get", "pods", "-n", "bookstore", "-o", 'jsonpath={range .items[*]}{.metadata.name}={.metadata.annotations.prometheus\\.io/port} {end}');
    expect(await scraped()).toBe("bare= meshed=15010 older= ");
    expect((await osm("metrics disable --namespace bookstore")).code).toBe(0);
    expect(await scraped()).toBe("bare= meshed= older= ");
  });

  test("osm dashboard says that there is no Grafana, and how to have one", async () => {
    expect(await osm("dashboard")).toMatchObject({ code: 1, warned: expect.stringMatching(/^osm: there is no Grafana in namespace osm-system: osm mesh upgrade --osm-namespace osm-system --set osm.deployPrometheus=true,osm.deployGrafana=true/) });
  });

  test("an upgrade keeps the values that were set, and works on what Helm installed", async () => {
    expect(await osm("mesh upgrade --mesh-name blue --set osm.envoyLogLevel=debug")).toMatchObject({ code: 0, said: "OSM successfully upgraded mesh [blue] in namespace [blue-system]" });
    expect(await cluster.kubectl("-n", "blue-system", "get", "meshconfig", "osm-mesh-config", "-o", "jsonpath={.spec.sidecar.logLevel} {.spec.traffic.enableEgress}")).toBe("debug true");
  });

  test("an upgrade brings back definitions that Helm would not", async () => {
    await cluster.kubectl("delete", "crd", "retries.policy.openservicemesh.io");
    expect((await osm("mesh upgrade")).code).toBe(0);
    expect(await cluster.kubectl("get", "crd", "retries.policy.openservicemesh.io", "-o", "name")).toContain("retries");
  });

  test("of two meshes none goes by mistake, and one leaves the other whole", async () => {
    expect(await osm("uninstall mesh -f")).toMatchObject({ code: 2, warned: expect.stringContaining("there are the meshes blue, osm: say which with --mesh-name") });
    expect(await osm("uninstall mesh --mesh-name blue", { typed: ["perhaps", "n"] })).toMatchObject({ code: 1 });
    expect(await helm("blue")).not.toBe("");
    const gone = await osm("uninstall mesh --mesh-name blue -a --delete-namespace", { typed: ["y", "y", "y"] });
    expect(gone.warned).toContain("the definitions stay, for other meshes need them: osm");
    expect(gone.said).toContain("OSM [mesh name: blue] in namespace [blue-system] uninstalled");
    expect(await helm("blue")).toBe("");
    const rest = async () => await cluster.kubectl("-n", "osm-system", "get", "secrets,meshconfigs", "-o", "name");
    const kept = await rest();
    expect(await osm("uninstall mesh --mesh-name blue -f -a --delete-namespace")).toMatchObject({ code: 0, warned: expect.stringContaining("there is no mesh blue in the cluster") });
    expect(await osm("uninstall mesh --mesh-name osm-typo -a")).toMatchObject({ code: 1, warned: expect.stringContaining("name one of osm (in osm-system) with --mesh-name") });
    expect(await rest()).toBe(kept);
    expect((await osm("namespace list")).said).toContain("bookstore");
  });

  test("a plain uninstall leaves definitions and policies", async () => {
    await cluster.apply({ apiVersion: "specs.smi-spec.io/v1alpha4", kind: "TCPRoute", metadata: { name: "kept", namespace: "bookstore" }, spec: { matches: { ports: [1] } } });
    expect(await osm("uninstall mesh -f")).toMatchObject({ code: 0, said: "OSM [mesh name: osm] in namespace [osm-system] uninstalled" });
    expect(await cluster.kubectl("-n", "bookstore", "get", "tcproute", "kept", "-o", "name")).toContain("kept");
  });

  test("an installation that was begun and did not come about is told, and taken back", async () => {
    const failed = await osm("install --osm-namespace stuck --timeout 6s");
    expect(failed).toMatchObject({ code: 1, warned: expect.stringMatching(/not ready:\n(.|\n)* {2}osm-watcher-\S+: Pending/) });
    expect(failed.warned).toContain("osm uninstall mesh --mesh-name osm --osm-namespace stuck -f takes it back");
    expect(await osm("install --osm-namespace stuck")).toMatchObject({ code: 1 });
    expect((await osm("uninstall mesh --mesh-name osm --osm-namespace stuck -f --delete-namespace")).code).toBe(0);
    expect(await helm("osm")).toBe("");
  });

  test("-f -a --delete-namespace leaves the cluster as it was, and nothing is left in the home", async () => {
    const ended = await osm("uninstall mesh -f -a --delete-namespace");
    expect(ended).toMatchObject({ code: 0, said: expect.stringContaining("Deleted CustomResourceDefinition: traffictargets.access.smi-spec.io") });
    expect(await objectsOf(cluster)).toEqual(before);
    expect(existsSync(home)).toBe(false);
  });

  test("a mesh of another name has the guides' label where that is said when it is installed", async () => {
    await cluster.kubectl("label", "namespace", "bookstore", "osm-injection=enabled");
    expect((await osm("install --mesh-name blue --osm-namespace blue-system --set osm.claimsAlias=true")).code).toBe(0);
    expect((await osm("namespace list")).said).toBe("NAMESPACE   MESH   SIDECAR-INJECTION\nbookstore   blue   enabled");
    expect((await osm("mesh list")).said).toMatch(/^blue +blue-system +2\.\S+ +bookstore$/m);
    await cluster.kubectl("label", "namespace", "bookstore", "osm-injection-");
  });

  test("-a deletes what the bus kept, though the namespace stays", async () => {
    // As Kubernetes makes it for osm.nats.persistence.enabled, which nobody does here.
    const labels = { app: "osm-nats", "app.kubernetes.io/instance": "blue" };
    await cluster.apply({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data-osm-nats-0", namespace: "blue-system", labels }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } });
    expect(await osm("uninstall mesh -f -a")).toMatchObject({ code: 0, said: expect.stringContaining("Deleted PersistentVolumeClaim: blue-system/data-osm-nats-0") });
    // Nor does anybody see that no pod uses it any more.
    await cluster.kubectl("-n", "blue-system", "patch", "persistentvolumeclaim", "data-osm-nats-0", "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
    const added = async () => (await objectsOf(cluster)).filter((each) => !before.includes(each)).map((each) => each.split(" ").slice(0, 2).join(" "));
    await eventually(async () => expect(await added()).toEqual(["ConfigMap blue-system/kube-root-ca.crt", "Namespace /blue-system", "ServiceAccount blue-system/default"]), { deadlineMs: 60_000, everyMs: 250 });
  });
});
