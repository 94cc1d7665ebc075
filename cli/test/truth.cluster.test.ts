import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "@osm/testkit";
import { clusterNeeds, crdOf, smiCrds, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askOsm } from "./ask-osm.ts";
import { bookstore, manifestsIn, meshConfigObject, podObject, type PodPlan } from "./bookstore-objects.ts";

const controlPlane = (name: string) => {
  const labels = { app: name, meshName: "osm", "app.kubernetes.io/name": "openservicemesh.io", "app.kubernetes.io/instance": "osm", "app.kubernetes.io/version": "2.0.0" };
  const template = { metadata: { labels }, spec: { containers: [{ name, image: "x", env: [{ name: "PASSWORD", value: "hunter2" }] }] } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "osm-system", labels }, spec: { selector: { matchLabels: { app: name } }, template } };
};
const bare: PodPlan = { namespace: "bookbuyer", name: "bare-1", ip: "10.0.0.7", app: "bookbuyer", sidecar: false };
const namespaces = ["osm-system", "outside"];
const ingressBackend = {
  apiVersion: "policy.openservicemesh.io/v1alpha1", kind: "IngressBackend", metadata: { name: "entry", namespace: "bookstore" },
  spec: { backends: [{ name: "bookstore", port: { number: 14001, protocol: "http" } }], sources: [{ kind: "Service", name: "gate", namespace: "outside" }] },
};

needs(...clusterNeeds)("what a cluster's objects come to", () => {
  let cluster: TestCluster;
  const osm = async (words: string) => await askOsm([...words.split(" "), "--kubeconfig", cluster.kubeconfig]);

  /** As a kubelet says it. */
  const runs = async (objects: readonly object[]) => {
    for (const object of objects) {
      if (!("kind" in object) || object.kind !== "Pod" || !("metadata" in object) || !("status" in object)) continue;
      const { name, namespace } = Object(object.metadata);
      await cluster.kubectl("-n", String(namespace), "patch", "pod", String(name), "--subresource=status", "--type=merge", "-p", JSON.stringify({ status: object.status }));
    }
  };

  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.apply(...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })), ...smiCrds, crdOf("policy.openservicemesh.io", "IngressBackend", ["v1alpha1"]));
    await cluster.kubectl("wait", "--for=condition=Established", "crd", "--all");
    await cluster.apply(...["watcher", "compiler", "ca", "xds", "injector"].map((name) => controlPlane(`osm-${name}`)), meshConfigObject());
    const objects = [...bookstore, podObject(bare)];
    await cluster.apply(...objects.filter((object) => "kind" in object && object.kind !== "Pod").map((object) => object));
    await cluster.apply(...objects.filter((object) => "kind" in object && object.kind === "Pod"));
    await runs(objects);
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  const pair = "bookbuyer/buyer-1 bookstore/store-1";
  const verified = "verify connectivity --from-pod bookbuyer/buyer-1 --to-pod bookstore/store-1 --to-service bookstore";

  test("nobody may call before a policy says so", async () => {
    const ended = await osm(`policy check-pods ${pair}`);
    expect(ended.code).toBe(1);
    expect(ended.said).toContain("bookbuyer/buyer-1 (ServiceAccount bookbuyer/bookbuyer) to bookstore/store-1 (ServiceAccount bookstore/bookstore), mesh osm, MeshConfig osm-system/osm-mesh-config");
    expect(ended.said).toMatch(/bookstore\/bookstore:14001 +any request +refused +no TrafficTarget with destination bookstore\/bookstore/);
    expect(await osm(verified)).toMatchObject({ code: 1, said: expect.stringContaining("Status: Failure\n  Reason: any request: no TrafficTarget with destination bookstore/bookstore") });
  });

  describe("with the guide's policies", () => {
    beforeAll(async () => {
      await cluster.apply(...manifestsIn("access").filter((object): object is object => typeof object === "object" && object !== null && "metadata" in object && Object(object.metadata).namespace === "bookstore"));
    });

    test("the buyer may buy, in what a person reads and in what a program does", async () => {
      const ended = await osm(`policy check-pods ${pair} -o json`);
      expect(ended.code).toBe(0);
      expect(JSON.parse(ended.said)).toMatchObject({ mesh: "osm", ways: [{ answer: "allowed" }, { answer: "allowed" }, { request: "any other request", answer: "refused" }], remarks: [] });
      expect(await osm(verified)).toMatchObject({ code: 0, said: expect.stringMatching(/^-+\n\[\+\] Context: Verify if pod \[bookbuyer\/buyer-1\] can access pod \[bookstore\/store-1\] for service \[bookstore\/bookstore\]\nStatus: Success\n-+$/) });
      expect((await osm(`trafficpolicy check-pods ${pair}`)).code).toBe(0);
    });

    test("the thief may not", async () => {
      const ended = await osm("policy check-pods bookthief/thief-1 bookstore/store-1");
      expect(ended).toMatchObject({ code: 1, said: expect.stringContaining("TrafficTarget bookstore/bookstore does not name ServiceAccount bookthief/bookthief in spec.sources") });
    });

    test("one request is tried, with its method and headers", async () => {
      expect((await osm(`policy check-pods ${pair} --path /buy-a-book/new`)).code).toBe(0);
      expect((await osm(`policy check-pods ${pair} --path /buy-a-book/new --method POST`)).code).toBe(1);
      expect(await osm(`policy check-pods ${pair} --path /x --header nonsense`)).toMatchObject({ code: 2, warned: "osm: nonsense is no header: --header takes NAME:VALUE" });
    });

    test("a rule that refers to nothing is remarked on", async () => {
      await cluster.kubectl("-n", "bookstore", "delete", "httproutegroup", "bookstore-service-routes");
      const ended = await osm(`policy check-pods ${pair}`);
      expect(ended).toMatchObject({ code: 1, said: expect.stringContaining("remarked on TrafficTarget/bookstore/bookstore at spec.rules: there is no HTTPRouteGroup bookstore-service-routes in this namespace") });
    });
  });

  test.each([
    ["policy check-pods bookbuyer/nobody bookstore/store-1", 1, "there is no pod bookbuyer/nobody"],
    ["policy check-pods bookbuyer/bare-1 bookstore/store-1", 1, "pod bookbuyer/bare-1 has no sidecar, so nothing of the mesh decides about it"],
    ["policy check-pods a/b/c bookstore/store-1", 2, "A pod is NAMESPACE/NAME"],
    ["policy check-pods bookbuyer/buyer-1", 2, "missing required argument 'destination'"],
    ["policy check-pods bookbuyer/buyer-1 bookstore/store-1 --mesh-name blue", 1, "there is no mesh blue in the cluster: name one of osm with --mesh-name"],
    ["verify connectivity --from-pod bookbuyer/buyer-1", 2, "say either --to-pod with --to-service, or --to-ext-port"],
    ["verify connectivity --from-pod bookbuyer/buyer-1 --to-ext-port 99999", 2, "It is to be a port"],
    ["verify ingress --from-service outside/gate", 2, "required option"],
  ])("osm %s ends with %i and says what is wrong", async (words, code, said) => {
    const ended = await osm(words);
    expect(ended.warned).toContain(said);
    expect(ended.code).toBe(code);
  });

  test("calls to outside are as the mesh is set", async () => {
    const outside = "verify connectivity --from-pod bookbuyer/buyer-1 --to-ext-port 443 --to-ext-host example.org --app-protocol tcp";
    expect(await osm(outside)).toMatchObject({ code: 1, said: expect.stringContaining("spec.traffic.enableEgress true") });
    await cluster.apply(meshConfigObject({ enableEgress: true }));
    expect((await osm(outside)).code).toBe(0);
  });

  test("what is missing for ingress is told object by object", async () => {
    const asked = "verify ingress --from-service outside/gate --to-pod bookstore/store-1 --to-service bookstore --ingress-backend entry --to-port 14001";
    expect((await osm(asked)).said).toContain("IngressBackend [bookstore/entry] is there\n  Status: Failure\n  Reason: there is none");
    await cluster.apply(ingressBackend);
    const { said, code } = await osm(asked);
    expect(said).toContain("service [outside/gate] of the ingress controller is there\n  Status: Failure");
    expect(said).not.toContain("Reason: none of spec.sources means it");
    expect(code).toBe(1);
    expect(await osm("policy check-conflicts ingressbackend -n bookstore")).toMatchObject({ code: 0, said: "No conflicts among the IngressBackends of namespace bookstore" });
    await cluster.apply({ ...ingressBackend, metadata: { ...ingressBackend.metadata, name: "second-entry" } });
    expect(await osm("policy check-conflicts ingressbackend -n bookstore")).toMatchObject({ code: 1, said: expect.stringMatching(/^entry +second-entry +bookstore:14001$/m) });
  });

  test("a report holds the mesh's objects and the applications', and no value of a variable", async () => {
    const dir = mkdtempSync(join(tmpdir(), "osm-report-"));
    const file = join(dir, "report.tar.gz");
    const ended = await osm(`support bug-report --all --out-file ${file}`);
    expect(ended).toMatchObject({ code: 0, said: expect.stringContaining(`of 1 mesh and 3 application namespaces: ${file}`) });
    const tar = (...args: readonly string[]) => execFileSync("tar", [...args, "-f", file], { encoding: "utf8" });
    expect(tar("-tz").split("\n")).toEqual(expect.arrayContaining(["osm-bug-report/version.txt", "osm-bug-report/mesh/osm/deployments.yaml", "osm-bug-report/app/bookstore/pods.yaml", "osm-bug-report/policy/TrafficTarget.yaml"]));
    const all = tar("-xzO");
    expect(all).toContain("mesh osm in osm-system: 2.0.0");
    expect(all).toContain("PASSWORD");
    expect(all).not.toContain("hunter2");
    rmSync(dir, { recursive: true });
  });

  test("a report may be of the pods of a deployment, and of what comes in", async () => {
    const dir = mkdtempSync(join(tmpdir(), "osm-report-"));
    const file = join(dir, "report.tar.gz");
    const labels = { app: "counter" };
    await cluster.apply({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "counter", namespace: "bookstore" }, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "x" }, { name: "envoy", image: "x" }] } } } });
    await cluster.apply(ingressBackend);
    await cluster.kubectl("-n", "bookstore", "wait", "--for=create", "pod", "-l", "app=counter", "--timeout=60s");
    const pod = (await cluster.kubectl("-n", "bookstore", "get", "pods", "-l", "app=counter", "-o", "jsonpath={.items[0].metadata.name}")).trim();
    const source = { kind: "Service", name: "gate", namespace: "outside/secrets?x=/../.." };
    await cluster.apply({ ...ingressBackend, metadata: { ...ingressBackend.metadata, name: "odd" }, spec: { ...ingressBackend.spec, sources: [source] } });
    const ended = await osm(`support bug-report --app-deployments bookstore/counter --ingress --out-file ${file}`);
    expect(ended).toMatchObject({ code: 0, said: expect.stringContaining("and 1 application namespace, and of ingress in outside: ") });
    const files = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).split("\n");
    expect(files.filter((name) => name.includes("..") || name.includes("secrets"))).toEqual([]);
    await cluster.kubectl("-n", "bookstore", "delete", "ingressbackend", "odd");
    expect(files.filter((name) => name.includes("app/bookstore/logs/"))).toEqual([`osm-bug-report/app/bookstore/logs/${pod}.log`]);
    expect(files).toEqual(expect.arrayContaining(["osm-bug-report/ingress/ingresses.yaml", "osm-bug-report/ingress/ingressclasses.yaml", "osm-bug-report/ingress/outside/services.yaml"]));
    await cluster.kubectl("-n", "bookstore", "scale", "deployment/counter", "--replicas=0");
    await cluster.kubectl("-n", "bookstore", "wait", "--for=delete", "pod", "-l", "app=counter", "--timeout=60s");
    expect(await osm(`support bug-report --app-deployments bookstore/counter --out-file ${file}`)).toMatchObject({ code: 0 });
    expect(execFileSync("tar", ["-tzf", file], { encoding: "utf8" })).not.toContain("app/bookstore/logs/");
    expect(await osm(`support bug-report --app-deployments bookstore/none --out-file ${file}`)).toMatchObject({ code: 1, warned: "osm: there is no deployment none in namespace bookstore: correct the name" });
    rmSync(dir, { recursive: true });
  });

  test.each([["http", "http"], ["grpc", "http"], ["tcp", "tcp"], ["tcp-server-first", "tcp"]])("connectivity may be asked for %s, which is judged as %s", async (protocol, judged) => {
    expect((await osm(`${verified} --app-protocol ${protocol}`)).said).toContain(`lets ${judged} calls to service [bookstore/bookstore] pass`);
  });

  test("a control plane without ready pods is not healthy", async () => {
    const ended = await osm("verify control-plane-health");
    expect(ended).toMatchObject({ code: 1, said: expect.stringContaining("deployment [osm-system/osm-watcher] is ready\n  Status: Failure\n  Reason: 0 of 1 pods are ready") });
  });
});
