import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually, needs, programPath } from "../../libs/testkit/src/index.ts";
import { buildProgram, platform } from "../cli-package/build-program.ts";
import { openRealCluster, type RealCluster } from "../cluster/for-tests.ts";
import { version } from "../images/places.ts";
import { docsPage } from "./docs-page.ts";
import { callFrom, countersOf } from "./on-a-node/apps.ts";
import { available } from "./on-a-node/bookstore.ts";
import { keepWhatWasSeen } from "./on-a-node/what-was-seen.ts";
import { openBareMachine, type BareMachine, type Ended } from "./with-osm/bare-machine.ts";
import { difference, everyObject } from "./with-osm/every-object.ts";

/** Only to notice what hangs: images, a node and an installation. */
const buildsAndStarts = 600_000;
/** Apps call once a second. */
const soon = { deadlineMs: 90_000, everyMs: 250 };
const requirements = env["OSM_TEST_KUBECONFIG"] ? (["helm", "kubectl", "root", "busybox"] as const) : (["helm", "kubectl", "kubelet", "root", "cgroup-v1", "containerd", "ip", "iptables", "openssl", "nats-server", "envoy", "busybox"] as const);
const page = docsPage("tutorial-osm.md");
const apps = ["bookstore", "bookbuyer", "bookthief", "bookwarehouse"] as const;
/** In the mesh too, and there before and after it. */
const stays = "stays";
const installed = "OSM installed successfully in namespace [osm-system] with mesh name [osm]\n";

// One after the other, as a reader of the guides would type it.
needs(...requirements)("osm as one file, from a machine with neither Node nor Helm, on a node where pods run", () => {
  let cluster: RealCluster;
  let machine: BareMachine;
  let dir = "";
  let before: ReadonlyMap<string, string>;
  const follow = async (heading: string): Promise<Ended> => await machine.run(page.typed(heading).replaceAll("linux-amd64", platform));
  const followed = async (heading: string): Promise<string> => {
    const { code, said, warned } = await follow(heading);
    if (code !== 0) throw new Error(`${heading} ended with ${code}: ${said}${warned}`);
    return said;
  };
  const counter = async (app: string, name: string, namespace = app): Promise<number> => (await countersOf(cluster, app, namespace)).counters[name] ?? 0;
  const grown = async (app: string, name: string, namespace = app): Promise<void> => {
    const was = await counter(app, name, namespace);
    await eventually(async () => expect(await counter(app, name, namespace)).toBeGreaterThan(was + 1), soon);
  };
  const podOf = async (app: string): Promise<string> => (await cluster.kubectl("get", "pods", "-n", app, "-l", `app=${app}`, "-o", "jsonpath={.items[0].metadata.name}")).trim();
  const outside = async (): Promise<string> => await callFrom(cluster, { namespace: "bookbuyer", workload: "deploy/bookbuyer" }, { url: "http://kubernetes.default.svc.cluster.local:443/" });

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "osm-on-a-node-"));
    const [opened, built] = await Promise.all([openRealCluster(env), buildProgram({ helm: programPath("helm"), into: dir })]);
    cluster = opened;
    machine = await openBareMachine({ ...built, kubectl: programPath("kubectl"), busybox: programPath("busybox"), imageValues: cluster.imageValues });
    await cluster.kubectl("create", "namespace", stays);
    before = await everyObject(cluster);
  }, buildsAndStarts);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(`what was seen is in ${await keepWhatWasSeen(cluster, task.name)}`);
  });
  afterAll(async () => {
    await machine[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  test("is unpacked and moved to the PATH, and tells its version where no cluster is", async () => {
    expect((await machine.run("which node npm helm")).said).toBe("");
    const ended = await follow("Get it");
    expect(ended).toMatchObject({ code: 0, said: expect.stringMatching(/^CLI Version: \S+/), warned: expect.stringContaining("the meshes of the cluster are not shown: no cluster") });
    expect(ended.said.startsWith(`CLI Version: ${version}`)).toBe(true);
    await machine.join(cluster.kubeconfig);
    expect((await machine.run("PATH=/usr/local/bin:/bin; command -v osm; osm version")).said).toMatch(/^\/usr\/local\/bin\/osm\nCLI Version: /);
  });

  test("osm install ends when the control plane is ready; osm version is a table then", async () => {
    expect(await followed("Install")).toBe(installed);
    const said = await followed("Look at it");
    expect(said).toMatch(/^CLI Version: \S+.*\nMESH NAME +MESH NAMESPACE +VERSION\nosm +osm-system +2\S+\n/);
    expect(said).toMatch(/^osm +osm-system +2\S+ +-$/m);
    expect(said).toMatch(/^osm +osm-system +HTTPRouteGroup:v1alpha4,TCPRoute:v1alpha4,TrafficSplit:v1alpha4,TrafficTarget:v1alpha3$/m);
  });

  test("four namespaces join, the apps run with sidecars, and nobody can talk yet", async () => {
    const said = await followed("Namespaces join");
    expect(said).toContain(apps.map((app) => `Namespace [${app}] successfully added to mesh [osm]\n`).join(""));
    for (const app of apps) expect(said).toMatch(new RegExp(`^${app} +osm +enabled$`, "m"));
    expect(await machine.run(`osm namespace add ${stays} && osm metrics enable --namespace ${stays}`)).toMatchObject({ code: 0 });
    await followed("The bookstore");
    await available(cluster, "bookstore", "bookstore-v1");
    for (const app of ["bookwarehouse", "bookbuyer", "bookthief"]) await available(cluster, app, app);
    for (const app of apps) expect(await cluster.kubectl("get", "pods", "-n", app, "-l", `app=${app}`, "-o", "jsonpath={.items[*].spec.containers[*].name}")).toMatch(/^envoy /);
    await Promise.all(["bookbuyer", "bookthief"].map((app) => grown(app, "refused")));
    expect(await follow("May the bookbuyer buy?")).toMatchObject({ code: 1, said: expect.stringContaining("refused") });
  });

  test("access: bookbuyer buys, bookstore restocks, bookthief stays out, and osm says the same", async () => {
    await followed("Access");
    await Promise.all([grown("bookbuyer", "booksBoughtV1"), grown("bookstore-v1", "booksRestocked", "bookstore"), grown("bookthief", "refused")]);
    expect(await counter("bookthief", "booksStolen")).toBe(0);
    expect(await followed("Who may now, and by what")).toMatch(/TrafficTarget bookstore\/bookstore(.|\n)*Status: Success/);
    expect(await follow("The thief")).toMatchObject({ code: 1, said: expect.stringContaining("does not name ServiceAccount bookthief/bookthief") });
  });

  test("a split shifts to version 2, and back", async () => {
    await followed("Split");
    await Promise.all([grown("bookbuyer", "booksBoughtV1"), grown("bookbuyer", "booksBoughtV2")]);
    await followed("Back to version 1");
    await eventually(async () => {
      const was = await counter("bookbuyer", "booksBoughtV2");
      await grown("bookbuyer", "booksBoughtV1");
      expect(await counter("bookbuyer", "booksBoughtV2")).toBe(was);
    }, soon);
  });

  test("the Envoy of a running pod answers", async () => {
    expect(await followed("What a sidecar does")).toMatch(/^cluster\.bookstore\S+\.ssl\.handshake: [1-9]\d*$/m);
    const pod = await podOf("bookbuyer");
    const osm = async (words: string) => await machine.run(`osm ${words} ${pod} -n bookbuyer`);
    const [ready, dump, old, set, missing] = await Promise.all([osm("proxy get ready"), osm("proxy get config_dump"), osm("proxy dump-config"), osm("proxy set 'logging?level=debug'"), osm("proxy get no-such-page")]);
    expect(ready).toMatchObject({ code: 0, said: "LIVE\n" });
    for (const { said } of [dump, old]) expect(JSON.parse(said)).toHaveProperty("configs");
    expect(set).toMatchObject({ code: 0, said: expect.stringContaining("debug") });
    expect(missing).toMatchObject({ code: 1, warned: expect.stringContaining("answers 404 to GET no-such-page") });
  });

  test("metrics are enabled for a namespace, and pods from then on are marked to be scraped", async () => {
    const ended = await follow("Metrics");
    expect(ended).toMatchObject({ code: 0, said: expect.stringContaining("Metrics successfully enabled in namespace [bookbuyer]\n"), warned: expect.stringContaining("had a sidecar before") });
    const marked = await cluster.kubectl("get", "pods", "-n", "bookbuyer", "-o", 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}/{.metadata.annotations.prometheus\\.io/port}{"\\n"}{end}');
    expect(marked.split("\n")).toContain("/15010");
  });

  test("a label and a redeploy in the same second give each new pod its sidecar, with bus and store down", async () => {
    await followed("A namespace that runs already");
    const control = (...args: readonly string[]) => cluster.kubectl("-n", "osm-system", ...args);
    const running = async () => (await cluster.kubectl("get", "pods", "-n", "shop", "-o", 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}/{.spec.containers[*].name}{"\\n"}{end}')).trim().split("\n").filter((line) => line.startsWith("/"));
    expect(await running()).toEqual(["/app", "/app", "/app"]);
    await control("scale", "statefulset/osm-nats", "deployment/osm-redis", "--replicas=0");
    for (const app of ["osm-nats", "osm-redis"]) await control("wait", "--for=delete", "pod", "-l", `app=${app}`, "--timeout=60s");
    await followed("Label and redeploy");
    await eventually(async () => expect((await running()).filter((line) => line === "/envoy app")).toHaveLength(3), soon);
    await control("scale", "statefulset/osm-nats", "deployment/osm-redis", "--replicas=1");
    for (const name of ["frontend", "backend", "other"]) await cluster.kubectl("rollout", "status", "-n", "shop", `deployment/${name}`, "--timeout=120s");
    expect((await machine.run("osm namespace list")).said).toMatch(/^shop +osm +enabled$/m);
  });

  test("a mesh of another name stands beside it, and goes without a trace", async () => {
    const said = await followed("A second mesh");
    expect(said).toContain("OSM installed successfully in namespace [blue-system] with mesh name [blue]\n");
    for (const name of ["osm", "blue"]) expect(said).toMatch(new RegExp(`^${name} +${name}-system `, "m"));
    const rootFor = async (mesh: string, namespace: string): Promise<string> => await cluster.kubectl("get", "configmap", `osm-trust-${mesh}`, "-n", namespace, "-o", "jsonpath={.data.ca\\.crt}");
    await eventually(async () => expect(await rootFor("blue", "blue-shop")).not.toBe(await rootFor("osm", "shop")), soon);
    expect(await followed("And goes")).toContain("Deleted namespace [blue-system]\n");
    await eventually(async () => expect([...(await everyObject(cluster)).keys()].filter((name) => name.includes("blue"))).toEqual([]), soon);
    await grown("bookbuyer", "booksBoughtV1");
  });

  test("a plain uninstall leaves exactly what the page lists", async () => {
    const atWork = await everyObject(cluster);
    const ended = await follow("Uninstall");
    expect(ended).toMatchObject({ code: 0, said: "OSM [mesh name: osm] in namespace [osm-system] uninstalled\n", warned: expect.stringMatching(/pods in bookbuyer, bookstore, bookthief, bookwarehouse, shop still have a sidecar/) });
    const namespaces = [...apps, "shop", stays];
    const listed = page.shown("Uninstall").flatMap((line) => (line.includes("NAMESPACE") ? namespaces.map((name) => line.replace("NAMESPACE", name)) : [line]));
    const ofOthers = new RegExp(`(^\\w+ (${namespaces.join("|")})/|^Namespace (${namespaces.join("|")})$| osm-system/(default|kube-root-ca\\.crt)$)`);
    await eventually(async () => {
      const now = await everyObject(cluster);
      const { gone, come } = difference(before, now);
      expect(gone).toEqual([]);
      const left = come.filter((name) => name.endsWith("/osm-trust-osm") || (!ofOthers.test(name) && !/^(APIService|IPAddress) /.test(name)));
      expect(left).toEqual(listed.toSorted());
      // Of the apps nothing went but what the mesh had told them of.
      expect(await cluster.kubectl("get", "namespaces", "-l", "openservicemesh.io/monitored-by=osm", "-o", "jsonpath={.items[*].metadata.name}")).toBe([...apps, stays].toSorted().join(" "));
      expect(difference(new Map([...atWork].filter(([name]) => ofOthers.test(name) && !/^(PodMetrics|EndpointSlice|Event)/.test(name))), now).gone).toEqual([]);
    }, soon);
  });

  test("osm install --enable-egress lets traffic to outside of the mesh pass, and nothing else", async () => {
    expect(await outside()).not.toBe("400");
    expect(await followed("Install it open to the outside")).toBe(installed);
    // Plain HTTP to a port of TLS: the API server says what it thinks of it.
    await eventually(async () => expect(await outside()).toBe("400"), soon);
    await Promise.all([grown("bookbuyer", "booksBoughtV1"), grown("bookthief", "refused")]);
    expect(await counter("bookthief", "booksStolen")).toBe(0);
  });

  test("osm install --enable-permissive-traffic-policy lets everything in the mesh talk, by mutual TLS", async () => {
    expect(await followed("Install it permissive")).toContain(installed);
    await grown("bookthief", "booksStolen");
    expect(await outside()).not.toBe("400");
    // Every connection of the thief's to the bookstore is one by TLS, says its Envoy.
    const sum = (stats: string, name: string) => [...stats.matchAll(new RegExp(`^cluster\\.bookstore\\S*\\.${name}: (\\d+)$`, "gm"))].reduce((all, [, count]) => all + Number(count), 0);
    await eventually(async () => {
      const { said } = await machine.run(`osm proxy get 'stats?filter=cluster.bookstore' ${await podOf("bookthief")} -n bookthief`);
      const byTls = sum(said, "ssl\\.handshake");
      expect(byTls).toBeGreaterThan(0);
      expect(sum(said, "upstream_cx_total") - sum(said, "upstream_cx_connect_fail")).toBe(byTls);
      expect(sum(said, "upstream_rq_2xx")).toBeGreaterThan(0);
    }, soon);
  });

  test("-f -a --delete-namespace leaves the cluster as it was", async () => {
    const ended = await follow("Leave nothing");
    expect(ended).toMatchObject({ code: 0, said: expect.stringContaining("Deleted namespace [osm-system]\n") });
    await eventually(async () => expect(difference(before, await everyObject(cluster))).toEqual({ gone: [], come: [], changed: [] }), soon);
  });

  test("nothing stands on the page that was not typed here", () => {
    expect(page.headings.length).toBeGreaterThan(12);
    expect(page.notTyped()).toEqual([]);
  });
});
