import { execFile } from "node:child_process";
import { env } from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, needs } from "../../libs/testkit/src/index.ts";
import { openRealCluster, type RealCluster } from "../cluster/for-tests.ts";
import { top } from "../images/places.ts";

/** Only to notice what hangs: images, a node and an installation. */
const buildsAndStarts = 600_000;
const requirements = env["OSM_TEST_KUBECONFIG"] ? (["helm", "kubectl"] as const) : (["helm", "kubectl", "kubelet", "root", "cgroup-v1", "containerd", "ip", "iptables", "openssl", "nats-server", "envoy", "busybox"] as const);
const apps = ["bookstore", "bookbuyer", "bookthief", "bookwarehouse"];

interface Ended {
  readonly code: number;
  readonly said: string;
  readonly warned: string;
}

// One after the other, as a reader of the guides would type it.
needs(...requirements)("osm on a node where pods run", () => {
  let cluster: RealCluster;
  let before: readonly string[];
  const osm = async (words: string, ...more: readonly string[]) => await new Promise<Ended>((resolve) => {
    const settings = { env: { ...env, KUBECONFIG: cluster.kubeconfig, OSM_HELM_BIN: env["HELM_BIN"] }, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [`${top}/cli/src/main.ts`, ...words.split(" "), ...more], settings, (error, said, warned) => resolve({ code: error === null ? 0 : Number(error.code), said, warned }));
  });
  const podOf = async (app: string) => (await cluster.kubectl("get", "pods", "-n", app, "-l", `app=${app}`, "-o", "jsonpath={.items[0].metadata.name}")).trim();

  /** Every object, but for what a cluster writes by itself all the time. */
  const objects = async () => {
    const kinds = (await cluster.kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n").filter((kind) => !/^(events|leases|apiservices|componentstatuses|flowschemas|prioritylevel|nodes|endpoint)/.test(kind));
    const lines = await cluster.kubectl("get", kinds.join(","), "-A", "--ignore-not-found", "-o", 'jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.labels}{"\\n"}{end}');
    return lines.trim().split("\n").toSorted();
  };

  beforeAll(async () => {
    cluster = await openRealCluster(env);
    before = await objects();
  }, buildsAndStarts);
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("osm install ends when the control plane is ready, and says so", async () => {
    const ended = await osm("install --timeout 170s", ...cluster.imageValues);
    expect(ended).toMatchObject({ code: 0, said: "OSM installed successfully in namespace [osm-system] with mesh name [osm]\n" });
    expect(await osm("verify control-plane-health")).toMatchObject({ code: 0 });
    expect((await osm("version")).said).toMatch(/^CLI Version: 2\S+\nMESH NAME.*\nosm +osm-system +2/);
  });

  test("namespaces join by osm namespace add, and pods get their sidecars", async () => {
    for (const app of apps) await cluster.kubectl("create", "namespace", app);
    expect(await osm(`namespace add ${apps.join(" ")} --enable-sidecar-injection`)).toMatchObject({ code: 0, said: apps.map((app) => `Namespace [${app}] successfully added to mesh [osm]\n`).join("") });
    await cluster.shell("kubectl apply -f docs/example/manifests/apps/");
    for (const app of ["bookstore", "bookbuyer", "bookthief"]) await cluster.kubectl("wait", "-n", app, "--for=condition=Available", "deployment", "--all", "--timeout=120s");
    expect(await cluster.kubectl("get", "pods", "-n", "bookbuyer", "-o", "jsonpath={.items[*].spec.containers[*].name}")).toContain("envoy");
  });

  test("what osm says of two pods is what happens", async () => {
    const [buyer, thief, store] = [await podOf("bookbuyer"), await podOf("bookthief"), await podOf("bookstore")];
    const check = async (from: string) => await osm(`policy check-pods ${from} bookstore/${store}`);
    expect(await check(`bookbuyer/${buyer}`)).toMatchObject({ code: 1, said: expect.stringContaining("refused") });
    await cluster.shell("kubectl create -f docs/example/manifests/access/");
    expect(await check(`bookbuyer/${buyer}`)).toMatchObject({ code: 0, said: expect.stringContaining("TrafficTarget bookstore/bookstore") });
    expect(await check(`bookthief/${thief}`)).toMatchObject({ code: 1, said: expect.stringContaining("does not name ServiceAccount bookthief/bookthief") });
    expect(await osm(`verify connectivity --from-pod bookbuyer/${buyer} --to-pod bookstore/${store} --to-service bookstore`)).toMatchObject({ code: 0 });
  });

  test("osm proxy asks the Envoy of a pod", async () => {
    const pod = await podOf("bookbuyer");
    expect(await osm(`proxy get ready ${pod} -n bookbuyer`)).toMatchObject({ code: 0, said: "LIVE\n" });
    const dump = await osm(`proxy get config_dump ${pod} -n bookbuyer`);
    expect(JSON.parse(dump.said)).toHaveProperty("configs");
    expect((await osm(`proxy dump-config ${pod} -n bookbuyer`)).code).toBe(0);
    expect(await osm(`proxy set logging?level=debug ${pod} -n bookbuyer`)).toMatchObject({ code: 0, said: expect.stringContaining("debug") });
    expect(await osm(`proxy get no-such-page ${pod} -n bookbuyer`)).toMatchObject({ code: 1, warned: expect.stringContaining("answers 404 to GET no-such-page") });
    expect(await osm(`proxy get ready ${pod} -n bookbuyer -p 9`)).toMatchObject({ code: 1, warned: expect.stringContaining("osm: ") });
  });

  test("osm uninstall mesh -f -a --delete-namespace leaves the cluster as it was", async () => {
    await cluster.kubectl("delete", "namespace", ...apps, "--timeout=120s");
    expect(await osm("uninstall mesh -f -a --delete-namespace")).toMatchObject({ code: 0, said: expect.stringContaining("Deleted namespace [osm-system]") });
    await eventually(async () => expect(await objects()).toEqual(before));
  });
});
