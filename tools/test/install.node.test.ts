import { env } from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { needs } from "../../libs/testkit/src/index.ts";
import { openRealCluster, type RealCluster } from "../cluster/for-tests.ts";
import { bookstoreTests } from "./on-a-node/bookstore.ts";
import { captureTests } from "./on-a-node/capture.ts";
import { jobTests } from "./on-a-node/jobs.ts";
import { probeTests } from "./on-a-node/probes.ts";
import { settingsTests } from "./on-a-node/settings.ts";
import { shopTests } from "./on-a-node/shop.ts";
import { follow, headings, notFollowed } from "./on-a-node/tutorial.ts";
import { underLoadTests } from "./on-a-node/under-load.ts";
import { keepWhatWasSeen } from "./on-a-node/what-was-seen.ts";
import { chart } from "./rendered-chart.ts";

const namespace = "osm-system";
/** Only to notice what hangs: images, a node and an installation. */
const buildsAndStarts = 600_000;
const wait = ["--wait", "--timeout", "170s"];
/** Our own node takes root and its programs; a cluster of the user's takes Helm alone. */
const requirements = env["OSM_TEST_KUBECONFIG"] ? (["helm", "kubectl"] as const) : (["helm", "kubectl", "kubelet", "root", "cgroup-v1", "containerd", "ip", "iptables", "openssl", "nats-server", "envoy", "busybox"] as const);

needs(...requirements)("on a node where pods run", () => {
  let cluster: RealCluster;
  const ours = (...args: readonly string[]) => cluster.kubectl("-n", namespace, ...args);
  const helm = (...args: readonly string[]) => cluster.helm("-n", namespace, ...args);
  const secrets = async () => (await ours("get", "secrets", "-o", 'jsonpath={range .items[?(@.type=="Opaque")]}{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}')).trim().split("\n").toSorted();

  beforeAll(async () => {
    cluster = await openRealCluster(env);
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
    await follow(cluster, "Install");
  }, buildsAndStarts);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(`what was seen is in ${await keepWhatWasSeen(cluster, task.name)}`);
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("helm install ends with every pod of the control plane ready, under the restricted profile", async () => {
    const ready = await ours("get", "pods", "-o", 'jsonpath={range .items[*]}{.metadata.labels.app} {.status.containerStatuses[0].ready}{"\\n"}{end}');
    expect(ready.trim().split("\n").toSorted()).toEqual(["ca", "compiler", "injector", "nats", "redis", "watcher", "xds"].map((name) => `osm-${name} true`));
  });

  test("what the cluster holds reaches the bus: the roots come back into a namespace of the mesh", async () => {
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "plain", labels: { "openservicemesh.io/monitored-by": "osm" } } });
    await cluster.kubectl("-n", "plain", "wait", "--for=create", "configmap/osm-trust-osm", "--timeout=60s");
    const root = await cluster.kubectl("-n", "plain", "get", "configmap", "osm-trust-osm", "-o", "jsonpath={.data.ca\\.crt}");
    const secret = await ours("get", "secret", "osm-ca-bundle", "-o", "jsonpath={.data.ca\\.crt}");
    expect(root.trim()).toBe(Buffer.from(secret, "base64").toString().trim());
  });

  test("a key that may narrow a grant is kept for the compiler to refuse", async () => {
    const account = { kind: "ServiceAccount", name: "store", namespace: "plain", port: 8080 };
    const spec = { destination: account, sources: [{ kind: "ServiceAccount", name: "buyer", namespace: "plain" }], rules: [{ kind: "TCPRoute", name: "any" }] };
    await cluster.apply({ apiVersion: "access.smi-spec.io/v1alpha2", kind: "TrafficTarget", metadata: { name: "narrow", namespace: "plain" }, spec });
    expect(await cluster.kubectl("-n", "plain", "get", "traffictarget", "narrow", "-o", "jsonpath={.spec.destination.port}")).toBe("8080");
  });

  test.each([
    { service: "compiler", verb: "list", what: "pods", answer: "no" },
    { service: "ca", verb: "get", what: "secrets", answer: "no" },
    { service: "xds", verb: "get", what: "secrets", answer: "no" },
    { service: "xds", verb: "list", what: "pods", answer: "no" },
    { service: "injector", verb: "list", what: "namespaces", answer: "yes" },
    { service: "injector", verb: "create", what: "pods", answer: "no" },
    { service: "injector", verb: "get", what: "secrets", answer: "no" },
    { service: "watcher", verb: "list", what: "pods", answer: "yes" },
    { service: "watcher", verb: "list", what: "secrets", answer: "no" },
    { service: "watcher", verb: "update", what: "traffictargets.access.smi-spec.io", answer: "no" },
    { service: "watcher", verb: "patch", what: "configmaps", answer: "no" },
    { service: "watcher", verb: "patch", what: "configmap/osm-trust-osm", answer: "yes" },
    { service: "setup", verb: "list", what: "secrets", answer: "no" },
  ])("the account of $service: may it $verb $what? $answer", async ({ service, verb, what, answer }) => {
    const said = await cluster.kubectl("auth", "can-i", verb, what, "--as", `system:serviceaccount:${namespace}:osm-${service}`, "-n", namespace).catch((error: unknown) => String(error));
    // kubectl ends with 1 where the answer is no, and prints it.
    expect(said.includes("yes") ? "yes" : "no").toBe(answer);
  });

  describe("the guide's shop", () => shopTests(() => cluster, namespace));
  describe("the bookstore", () => bookstoreTests(() => cluster));
  describe("a pod that ends", () => jobTests(() => cluster));
  describe("capture", () => captureTests(() => cluster));
  describe("probes", () => probeTests(() => cluster));
  describe("no request fails during", () => underLoadTests(() => cluster, namespace));

  test("an upgrade keeps roots, accounts and values that a person has set", async () => {
    const before = await secrets();
    expect(before.length).toBe(10);
    await ours("patch", "meshconfig", "osm-mesh-config", "--type=merge", "-p", '{"spec":{"sidecar":{"logLevel":"debug"}}}');
    await helm("upgrade", "osm", chart, "--reuse-values", "--set", "osm.enableEgress=true", ...wait);
    expect(await secrets()).toEqual(before);
    expect(await ours("get", "meshconfig", "osm-mesh-config", "-o", "jsonpath={.spec.sidecar.logLevel} {.spec.traffic.enableEgress}")).toBe("debug true");
  });

  describe("a setting of the mesh", () => settingsTests(() => cluster));

  test("uninstall leaves the definitions, the objects of their kinds and the Secrets that the notes name", async () => {
    const kinds = ["deployments", "statefulsets", "services", "serviceaccounts", "networkpolicies", "roles", "rolebindings", "jobs", "meshconfigs"].join(",");
    await follow(cluster, "Uninstall");
    const left = await ours("get", kinds, "-o", 'jsonpath={range .items[*]}{.kind} {.metadata.name}{"\\n"}{end}');
    expect(left.trim()).toBe("ServiceAccount default");
    expect((await cluster.kubectl("get", "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations", "-l", "app.kubernetes.io/instance=osm", "-o", "name")).trim()).toBe("");
    expect((await secrets()).map((line) => line.split(" ")[0])).toEqual(
      ["osm-ca", "osm-ca-bundle", "osm-cli", "osm-compiler", "osm-control-plane-ca", "osm-injector", "osm-nats", "osm-redis", "osm-watcher", "osm-xds"],
    );
    expect(await cluster.kubectl("-n", "plain", "get", "traffictarget", "narrow", "-o", "name")).toContain("narrow");
    // Nobody is asked about new pods any more, in the namespaces of the mesh either.
    expect(await cluster.kubectl("-n", "shop", "run", "later", "--image=x", "--dry-run=server", "-o", "jsonpath={.spec.containers[*].name}")).toBe("later");
  });

  test("nothing stands in the tutorial that was not typed here", () => {
    expect(headings.length).toBeGreaterThan(8);
    expect(notFollowed()).toEqual([]);
  });
});
