import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterAbilities, mutatingWebhooks, validatingWebhooks, type WebhookSettings } from "@osm/inject";
import { startInjector, openSource, parseConfig } from "@osm/injector";
import { silentLog } from "@osm/runtime";
import { clusterNeeds, crdOf, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { issueServing, mountSecret } from "./serving-secret.ts";

const shapesDir = join(import.meta.dirname, "../../../libs/inject/shapes");
const shapes = readdirSync(shapesDir).map((file) => ({ name: file.replace(".yaml", ""), text: readFileSync(join(shapesDir, file), "utf8") }));
const namespace = (name: string, labels: object = {}, annotations: object = {}) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels, annotations } });
const pod = (name: string, of: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: of }, spec: { containers: [{ name: "app", image: "example.com/app:1" }] } });
const refusedBefore129: Readonly<Record<string, string>> = { "native-on-request": "native sidecars need Kubernetes 1.29 or later", "sidecars-of-its-own": "without restartPolicy=Always" };
const containers = z.array(z.object({ name: z.string(), image: z.string() })).default([]);
const podShape = z.object({ metadata: z.record(z.string(), z.unknown()), spec: z.looseObject({ containers, initContainers: containers }) });
const rights = [
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "osm-injector" }, rules: [
    { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["config.openservicemesh.io"], resources: ["meshconfigs"], verbs: ["get", "list", "watch"] },
  ] },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name: "osm-injector" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "osm-injector" },
    subjects: [{ kind: "ServiceAccount", name: "osm-injector", namespace: "osm-system" }] },
];

needs(...clusterNeeds)("an injector beside a Kubernetes API", () => {
  const tlsDir = mkdtempSync(join(tmpdir(), "osm-injector-cluster-"));
  const stack = new AsyncDisposableStack();
  const stop = new AbortController();
  let cluster: TestCluster;
  let injecting: AsyncDisposableStack;
  const podNamed = async (name: string, of: string) => podShape.parse(JSON.parse(await cluster.kubectl("get", "pod", name, "-n", of, "-o", "json")));
  const inNamespace = async (name: string): Promise<void> => void (await eventually(() => cluster.kubectl("get", "serviceaccount", "default", "-n", name, "-o", "name")));

  beforeAll(async () => {
    cluster = stack.use(await startTestCluster());
    await cluster.apply(crdOf("config.openservicemesh.io", "MeshConfig", ["v1alpha2"]), crdOf("access.smi-spec.io", "TrafficTarget", ["v1alpha3"]), namespace("osm-system"),
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "osm-injector", namespace: "osm-system" } }, ...rights);
    await cluster.kubectl("wait", "--for=condition=Established", "crd/meshconfigs.config.openservicemesh.io", "crd/traffictargets.access.smi-spec.io");
    const token = (await cluster.kubectl("create", "token", "osm-injector", "-n", "osm-system")).trim();
    const kubeconfig = await cluster.kubeconfigFor({ token });

    const issued = await issueServing();
    mountSecret(tlsDir, issued.files);
    injecting = stack.use(new AsyncDisposableStack());
    const env = { OSM_CLUSTER_URL: `kubernetes:${kubeconfig}`, OSM_MESH_NAME: "osm", OSM_ENVOY_IMAGE: "example.com/envoy:1.40.0", OSM_INIT_IMAGE: "example.com/osm-init:2.0.0", OSM_INJECTOR_TLS_DIR: tlsDir };
    const source = injecting.use(await openSource(parseConfig(env), { signal: stop.signal, log: silentLog }));
    const injector = injecting.use(await startInjector({ ...source, port: 0, host: "127.0.0.1", tlsDir, log: silentLog, signal: stop.signal }));
    await source.known;
    const settings: WebhookSettings = { mesh: "osm", meshNamespace: "osm-system", version: "2.0.0", claimsAlias: false, place: { kind: "url", base: `https://localhost:${injector.port}` }, caBundle: issued.ca };
    await cluster.apply(mutatingWebhooks(settings), validatingWebhooks(settings));
    // An API server takes up a new webhook in its own time.
    await cluster.apply(namespace("first", { "osm-injection": "enabled" }));
    await inNamespace("first");
    await eventually(async () => {
      await cluster.kubectl("delete", "pod", "probe", "-n", "first", "--ignore-not-found", "--grace-period=0", "--force");
      await cluster.apply(pod("probe", "first"));
      expect((await podNamed("probe", "first")).spec.containers[0]?.name).toBe("envoy");
    }, { deadlineMs: 60_000 });
  });
  afterAll(async () => {
    stop.abort(new DOMException("over", "AbortError"));
    await stack.disposeAsync();
    rmSync(tlsDir, { recursive: true });
  });

  describe("gives pods of every shape a sidecar that the API server takes", () => {
    beforeAll(async () => {
      await cluster.apply(namespace("shapes", { "openservicemesh.io/monitored-by": "osm" }, { "openservicemesh.io/sidecar-injection": "enabled", "prometheus.io/scrape": "true" }));
      await inNamespace("shapes");
    });
    test.each(shapes)("$name", async ({ name, text }) => {
      const canBeNative = clusterAbilities(JSON.parse(await cluster.kubectl("get", "--raw", "/version")))?.nativeSidecars === true;
      const applied = cluster.kubectl("apply", "-n", "shapes", "-f", join(shapesDir, `${name}.yaml`));
      // An API before 1.29 takes no pod with native sidecars, whoever asks for them.
      if (!canBeNative && name in refusedBefore129) return await expect(applied).rejects.toThrow(refusedBefore129[name]);
      await applied;
      const made = await podNamed(name, "shapes");
      const isNative = canBeNative && (name === "that-ends" || name === "native-on-request");
      expect(made.spec.containers[0]?.name === "envoy").toBe(!isNative);
      expect(made.spec.initContainers.map((each) => each.name)).toContain("osm-init");
      expect(made.spec.initContainers[1]?.name === "envoy").toBe(isNative);
      expect(text).not.toContain("envoy");
      // A copy of the pod as it stands in the cluster, under another name, as `kubectl debug --copy-to` makes it.
      const copy = { apiVersion: "v1", kind: "Pod", metadata: { name: `${name}-copy`, namespace: "shapes", annotations: made.metadata["annotations"] }, spec: made.spec };
      await cluster.apply(copy);
      expect((await podNamed(`${name}-copy`, "shapes")).spec.containers.map((each) => each.name)).toEqual(made.spec.containers.map((each) => each.name));
    });
  });

  test("injects a pod that is made right after its namespace was labelled", async () => {
    for (const name of ["fresh-1", "fresh-2", "fresh-3"]) {
      await cluster.apply(namespace(name));
      await inNamespace(name);
      await cluster.kubectl("label", "namespace", name, "osm-injection=enabled");
      await cluster.apply(pod("web", name));
      expect((await podNamed("web", name)).spec.containers.map((each) => each.name)).toEqual(["envoy", "app"]);
    }
  });

  test("takes images from the MeshConfig, and refuses the alias where two meshes claim it", async () => {
    const config = (of: string, mesh: string, spec: object = {}) => ({ apiVersion: "config.openservicemesh.io/v1alpha2", kind: "MeshConfig", metadata: { name: "osm-mesh-config", namespace: of, labels: { "app.kubernetes.io/instance": mesh } }, spec });
    await cluster.apply(config("osm-system", "osm", { sidecar: { envoyImage: "example.com/envoy:next" } }));
    await eventually(async () => {
      await cluster.kubectl("delete", "pod", "next", "-n", "first", "--ignore-not-found", "--grace-period=0", "--force");
      await cluster.apply(pod("next", "first"));
      expect((await podNamed("next", "first")).spec.containers[0]?.image).toBe("example.com/envoy:next");
    });
    await cluster.apply(namespace("osm-other"), config("osm-other", "osm"));
    await eventually(async () => await expect(cluster.kubectl("run", "refused", "-n", "first", "--image=x", "--dry-run=server")).rejects.toThrow(/namespace first.*two meshes of that name/));
    await cluster.kubectl("delete", "meshconfig", "osm-mesh-config", "-n", "osm-other");
    await eventually(() => cluster.kubectl("run", "taken", "-n", "first", "--image=x", "--dry-run=server"));
  });

  test("refuses a policy that OSM refused, and warns of one that grants nothing", async () => {
    const target = (spec: object) => ({ apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: "it", namespace: "shapes" }, spec });
    const account = (of: string) => ({ kind: "ServiceAccount", name: "web", namespace: of });
    const rules = [{ kind: "HTTPRouteGroup", name: "routes" }];
    await expect(cluster.apply(target({ destination: account("bank"), sources: [account("shop")], rules }))).rejects.toThrow(/spec.destination.namespace: the destination is in namespace bank/);
    await cluster.apply(target({ destination: account("shapes"), sources: [], rules }));
    await expect(cluster.kubectl("annotate", "--warnings-as-errors", "traffictarget", "it", "-n", "shapes", "seen=yes")).rejects.toThrow(/spec.sources: a TrafficTarget without sources/);
  });

  test("is missed, when it is gone, by the pods of its members alone", async () => {
    await injecting.disposeAsync();
    await cluster.apply(pod("later", "default"), pod("later", "kube-system"), pod("later", "osm-system"));
    await expect(cluster.apply(pod("later", "shapes"))).rejects.toThrow(/osm-inject.k8s.io/);
    await cluster.kubectl("annotate", "traffictarget", "it", "-n", "shapes", "written=anyway");
  });
});
