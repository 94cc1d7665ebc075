import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { mutatingWebhooks, validatingWebhooks, webhookNames, type WebhookSettings } from "@osm/inject";
import { createWebhookTrust, openSource, parseConfig, rootsIn, startInjector } from "@osm/injector";
import { openKubeApi } from "@osm/kube";
import { silentLog } from "@osm/runtime";
import { clusterNeeds, crdOf, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueServing, mountSecret, type Issued, type MountedSecret } from "./serving-secret.ts";

const rights = [
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "osm-injector" }, rules: [
    { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["config.openservicemesh.io"], resources: ["meshconfigs"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["admissionregistration.k8s.io"], resources: ["mutatingwebhookconfigurations"], resourceNames: [webhookNames.mutating("osm")], verbs: ["list", "watch", "patch"] },
    { apiGroups: ["admissionregistration.k8s.io"], resources: ["validatingwebhookconfigurations"], resourceNames: [webhookNames.validating("osm")], verbs: ["list", "watch", "patch"] },
  ] },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name: "osm-injector" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "osm-injector" },
    subjects: [{ kind: "ServiceAccount", name: "osm-injector", namespace: "osm-system" }] },
];

needs(...clusterNeeds)("the webhook configurations of a chart", () => {
  const tlsDir = mkdtempSync(join(tmpdir(), "osm-webhook-trust-"));
  const stack = new AsyncDisposableStack();
  const stop = new AbortController();
  let cluster: TestCluster;
  let kubeconfig = "";
  let settings: WebhookSettings;
  let [first, second]: Issued[] = [];
  let mount: MountedSecret = () => {};

  const files = ({ files: serving }: Issued, ...roots: readonly string[]) => ({ ...serving, "ca.crt": roots.join("\n") });
  const root = (issued: Issued | undefined): string => rootsIn(issued?.ca ?? "")[0] ?? "";
  const bundles = async (kind: "mutating" | "validating"): Promise<readonly (readonly string[])[]> => {
    const printed = await cluster.kubectl("get", `${kind}webhookconfiguration`, webhookNames[kind]("osm"), "-o", 'jsonpath={range .webhooks[*]}{.clientConfig.caBundle}{"\\n"}{end}');
    return printed.trimEnd().split("\n").map((text) => rootsIn(Buffer.from(text, "base64").toString()));
  };
  const named = async (...roots: readonly string[]) => {
    await eventually(async () => {
      expect(await bundles("mutating")).toEqual([roots, roots]);
      expect(await bundles("validating")).toEqual([roots, roots, roots]);
    }, { deadlineMs: 60_000 });
  };
  const tryPod = async (): Promise<string> => await cluster.kubectl("run", "web", "-n", "shop", "--image=x", "--dry-run=server", "-o", "jsonpath={.spec.containers[*].name}");
  /** Asks for pods one after the other until the work is done. */
  const podsDuring = async (work: () => Promise<void>): Promise<readonly string[]> => {
    const answers: string[] = [];
    let isDone = false;
    const asking = (async () => {
      while (!isDone || answers.length < 4) answers.push(await tryPod().catch((error: unknown) => String(error)));
    })();
    await work().finally(() => (isDone = true));
    await asking;
    return answers;
  };

  beforeAll(async () => {
    cluster = stack.use(await startTestCluster());
    await cluster.apply(crdOf("config.openservicemesh.io", "MeshConfig", ["v1alpha2"]), { apiVersion: "v1", kind: "Namespace", metadata: { name: "osm-system" } },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels: { "osm-injection": "enabled" } } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "osm-injector", namespace: "osm-system" } }, ...rights);
    await cluster.kubectl("wait", "--for=condition=Established", "crd/meshconfigs.config.openservicemesh.io");
    await eventually(() => cluster.kubectl("get", "serviceaccount", "default", "-n", "shop"));
    kubeconfig = await cluster.kubeconfigFor({ token: (await cluster.kubectl("create", "token", "osm-injector", "-n", "osm-system")).trim() });
    [first, second] = [await issueServing(), await issueServing()];
    mount = mountSecret(tlsDir, files(first, root(first)));

    const env = { OSM_CLUSTER_URL: `kubernetes:${kubeconfig}`, OSM_MESH_NAME: "osm", OSM_ENVOY_IMAGE: "envoy:1", OSM_INIT_IMAGE: "init:1", OSM_INJECTOR_TLS_DIR: tlsDir, OSM_KEEPS_WEBHOOKS: "true" };
    const source = stack.use(await openSource(parseConfig(env), { signal: stop.signal, log: silentLog }));
    const injector = stack.use(await startInjector({ ...source, port: 0, host: "127.0.0.1", tlsDir, log: silentLog, signal: stop.signal }));
    settings = { mesh: "osm", meshNamespace: "osm-system", version: "2.0.0", claimsAlias: false, place: { kind: "url", base: `https://localhost:${injector.port}` } };
    // Where there is no configuration yet nobody asks, and nobody is waited for.
    await Promise.all([source.known, injector.trusted]);
    await cluster.apply(mutatingWebhooks(settings), validatingWebhooks(settings));
  });
  afterAll(async () => {
    stop.abort(new DOMException("over", "AbortError"));
    await stack.disposeAsync();
    rmSync(tlsDir, { recursive: true });
  });

  test("are made to trust the injector as soon as they are there, and pods are injected", async () => {
    await named(root(first));
    await eventually(async () => expect(await tryPod()).toBe("envoy web"), { deadlineMs: 60_000 });
  });

  test("are mended when somebody writes them without roots, as an upgrade by force does", async () => {
    const file = join(tlsDir, "configuration.json");
    writeFileSync(file, JSON.stringify(mutatingWebhooks(settings)));
    await cluster.kubectl("replace", "-f", file);
    await named(root(first));
    await eventually(async () => expect(await tryPod()).toBe("envoy web"), { deadlineMs: 60_000 });
  });

  test("trust two roots while one follows the other, and no pod is refused meanwhile", async () => {
    const answers = await podsDuring(async () => {
      if (!second || !first) throw new Error("nothing issued");
      mount(files(second, root(second), root(first)));
      await named(root(second), root(first));
      await eventually(async () => expect(await presented()).toContain(rootsIn(second?.files["tls.crt"] ?? "")[0]));
    });
    expect(new Set(answers)).toEqual(new Set(["envoy web"]));
  });

  test("keep the root of a replica that has not seen the change yet, and lose it when all have", async () => {
    if (!second || !first) throw new Error("nothing issued");
    const stopped = new AbortController();
    const late = createWebhookTrust({ api: openKubeApi({ kubeconfig, context: "" }), mesh: "osm", log: silentLog });
    const running = late.run(stopped.signal);
    await late.trust([root(first)]);
    // It began later with the older root; the one that is served by all others comes back beside it.
    await eventually(async () => expect((await bundles("mutating"))[0]?.toSorted()).toEqual([root(first), root(second)].toSorted()));
    mount(files(second, root(second)));
    await late.trust([root(second)]);
    await named(root(second));
    stopped.abort();
    await running;
    expect(await tryPod()).toBe("envoy web");
  });

  test("stay gone when they are removed", async () => {
    await cluster.kubectl("delete", "mutatingwebhookconfiguration", webhookNames.mutating("osm"));
    await eventually(async () => expect(await tryPod()).toBe("web"));
    expect(await cluster.kubectl("get", "mutatingwebhookconfigurations", "-o", "name")).toBe("");
  });

  /** PEM of the certificate that a caller is shown now. */
  async function presented(): Promise<string> {
    const socket = connect({ port: Number(new URL(settings.place.kind === "url" ? settings.place.base : "").port), host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const raw = socket.getPeerX509Certificate()?.toString() ?? "";
    socket.destroy();
    return raw.trim();
  }
});
