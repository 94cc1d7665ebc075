import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually, freePort, needs } from "../../libs/testkit/src/index.ts";
import { openRealCluster, type RealCluster } from "../cluster/for-tests.ts";
import { dashboards } from "../dashboards/all.ts";
import { top } from "../images/places.ts";
import { docsPage } from "./docs-page.ts";
import { keepWhatWasSeen } from "./on-a-node/what-was-seen.ts";
import { at, listAt } from "./rendered-chart.ts";

const page = docsPage("observability.md");
const namespace = "osm-system";
/** Only to notice what hangs: images, a node and an installation. */
const buildsAndStarts = 600_000;
/** It is scraped every ten seconds, and a rate takes two of them. */
const soon = { deadlineMs: 150_000, everyMs: 1000 };
const requirements = env["OSM_TEST_KUBECONFIG"] ? (["helm", "kubectl"] as const) : (["helm", "kubectl", "kubelet", "prometheus", "root", "cgroup-v1", "containerd", "ip", "iptables", "openssl", "nats-server", "envoy", "busybox"] as const);

type Labels = Readonly<Record<string, unknown>>;
interface Sample extends Labels {
  readonly value: number;
}

needs(...requirements)("the mesh's Prometheus on a node where pods run", () => {
  let cluster: RealCluster;
  let end = () => {};
  let answer: (path: string) => Promise<unknown>;
  const follow = (heading: string) => cluster.shell(page.typed(heading));
  const samplesIn = (said: unknown): readonly Sample[] => {
    expect(at(said, "status"), JSON.stringify(said)).toBe("success");
    return listAt(said, "data", "result").map((each) => ({ ...Object(at(each, "metric")), value: Number(listAt(each, "value")[1]) }));
  };
  const query = async (expr: string) => samplesIn(await answer(`/api/v1/query?query=${encodeURIComponent(expr)}`));
  const typed = async (heading: string) => samplesIn(JSON.parse(await follow(heading)));

  beforeAll(async () => {
    cluster = await openRealCluster(env, { more: ["prometheus"] });
    const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
    const joins = { "osm-injection": "enabled" };
    await cluster.apply(
      ...Object.entries({ [namespace]: restricted, shop: joins, aside: joins }).map(([name, labels]) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } })),
    );
    await follow("Prometheus");
    await cluster.shell("kubectl apply -f docs/example/shop/");
    const shop = readFileSync(`${top}/docs/example/shop/apps.yaml`, "utf8");
    await cluster.kubectlWith(shop.replaceAll("namespace: shop", "namespace: aside"), "apply", "-f", "-");
    ({ answer, end } = await throughApi(cluster));
  }, buildsAndStarts);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(`what was seen is in ${await keepWhatWasSeen(cluster, `metrics-${task.name}`)}`);
  });
  afterAll(async () => {
    end();
    await cluster[Symbol.asyncDispose]();
  });

  test("finds and scrapes the sidecars of a namespace that is annotated, those of running pods when they are made anew, and nobody else's", async () => {
    await follow("A namespace asks to be scraped");
    await follow("Pods that run already");
    await cluster.kubectl("-n", "shop", "rollout", "status", "deployment", "--timeout=120s");
    await cluster.kubectl("-n", "aside", "wait", "--for=condition=Available", "deployment", "--all", "--timeout=120s");
    await eventually(async () => {
      const up = await typed("Ask it");
      const sidecars = up.filter((each) => each["job"] === "osm-sidecars").map((each) => [each["source_namespace"], each["source_service"], each["source_workload_kind"], each["source_workload_name"], each.value].join(" "));
      expect(sidecars.toSorted()).toEqual(["backend", "frontend", "other"].map((name) => `shop ${name} Deployment ${name} 1`));
      const services = up.filter((each) => each["job"] === "osm-control-plane").map((each) => `${String(each["service"])} ${each.value}`);
      expect(services.toSorted()).toEqual(["ca", "compiler", "injector", "watcher", "xds"].map((name) => `osm-${name} 1`));
    }, soon);
  });

  test("tells volume by caller, service and kind of answer: what is allowed, and what is not", async () => {
    await eventually(async () => {
      const volume = await typed("Volume");
      const of = (code: string) => volume.filter((each) => each["envoy_response_code_class"] === code && each.value > 0).map(({ source_namespace, source_workload_name, envoy_cluster_name }) => ({ source_namespace, source_workload_name, envoy_cluster_name }));
      const frontend = { source_namespace: "shop", source_workload_name: "frontend", envoy_cluster_name: "shop/backend|web" };
      expect(of("2")).toEqual([frontend]);
      expect(of("4")).toEqual([frontend]);
    }, soon);
  });

  test("tells latency", async () => {
    await eventually(async () => {
      const [p99, ...more] = await typed("Latency");
      expect(more).toEqual([]);
      expect(p99?.["envoy_cluster_name"]).toBe("shop/backend|web");
      expect(p99?.value).toBeGreaterThan(0);
      expect(p99?.value).toBeLessThan(10_000);
    }, soon);
  });

  test("tells who is refused: requests at the server, and a caller that may not call at all at its own sidecar", async () => {
    await eventually(async () => {
      expect(await query("sum by (source_workload_name, osm_route) (rate(envoy_http_rbac_denied[1m])) > 0")).toEqual([{ source_workload_name: "backend", osm_route: "rds-inbound.14001", value: expect.any(Number) }]);
      const nowhere = await query('sum by (source_workload_name) (rate(envoy_listener_downstream_cx_total{envoy_listener_address=~".*_15001"}[1m])) > 0');
      expect(nowhere.map((each) => each["source_workload_name"])).toEqual(["other"]);
      expect(await query('envoy_cluster_upstream_rq_total{source_workload_name="other",envoy_cluster_name=~".+/.+"}')).toEqual([]);
    }, soon);
  });

  test("has a name for every measure in which no port and no service stands", async () => {
    const names = listAt(await answer("/api/v1/label/__name__/values"), "data").map(String);
    expect(names.length).toBeGreaterThan(150);
    expect(names.filter((name) => /14001|backend|shop/.test(name))).toEqual([]);
  });

  /** A grant that comes and goes. */
  const stir = async (): Promise<void> => {
    const place = { name: "for-a-while", namespace: "shop" };
    const account = (name: string) => ({ kind: "ServiceAccount", name, namespace: "shop" });
    await cluster.apply(
      { apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: place, spec: { matches: [{ name: "more", pathRegex: "/more", methods: ["GET"] }] } },
      { apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: place, spec: { destination: account("backend"), sources: [account("frontend")], rules: [{ kind: "HTTPRouteGroup", name: place.name }] } },
    );
    await cluster.kubectl("-n", "shop", "delete", "traffictarget,httproutegroup", place.name);
  };

  test.each(dashboards)("has an answer to what every panel of $title asks", async ({ name, rows }) => {
    // Traffic goes on all the time; the control plane was busy while the pods came.
    const span = name === "control-plane" ? "15m" : "1m";
    const asked = rows.flatMap(({ panels }) => panels.flatMap(({ title, isQuiet, queries }) => queries.map(({ expr }) => ({ title, isQuiet, expr }))));
    await eventually(async () => {
      // What is asked for are rates: something has to happen between two scrapes.
      if (name === "control-plane") await stir();
      const without: string[] = [];
      for (const { title, isQuiet, expr } of asked) {
        const found = await query(shownFor(expr, span));
        if (!isQuiet && found.filter(({ value }) => Number.isFinite(value)).length === 0) without.push(`${title}: ${expr}`);
      }
      expect(without).toEqual([]);
    }, soon);
  });

  test("has the choices that dashboards offer", async () => {
    for (const { of, metric } of dashboards.flatMap(({ variables }) => variables)) {
      const values = listAt(await answer(`/api/v1/label/${of}/values?match[]=${encodeURIComponent(shownFor(metric, "1m"))}`), "data").map(String);
      expect({ of, values }).toEqual({ of, values: expect.arrayContaining([expect.stringMatching(/./)]) });
    }
  });

  test("watches by alerts, none of which goes off in a mesh that is well", async () => {
    const rules = listAt(listAt(await answer("/api/v1/rules"), "data", "groups")[0], "rules");
    expect(rules.length).toBeGreaterThan(7);
    expect(rules.filter((rule) => at(rule, "health") === "err")).toEqual([]);
    for (const rule of rules) await query(String(at(rule, "query")));
    // Nor waits to: most of them wait for minutes.
    await eventually(async () => expect(listAt(await answer("/api/v1/alerts"), "data", "alerts")).toEqual([]), soon);
  });

  test("osm dashboard leads a port of this machine to Grafana's pod, until it is interrupted; of what does not answer it tells", async () => {
    await cluster.apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "stands-in", namespace: "default", labels: { app: "osm-grafana" } }, spec: { containers: [{ name: "app", image: "ghcr.io/open-service-mesh/demo-bookstore:v2" }] } });
    await cluster.kubectl("-n", "default", "wait", "--for=condition=Ready", "pod/stands-in", "--timeout=60s");
    await using led = await osmDashboard(cluster, 14_001);
    const status = async () => (await fetch(`http://127.0.0.1:${led.port}/readiness`)).status;
    await eventually(async () => expect(await status()).toBe(200), soon);
    expect(await Promise.all([status(), status(), status()])).toEqual([200, 200, 200]);
    expect(await led.interrupted()).toBe(0);
    await using silent = await osmDashboard(cluster, 9);
    await expect(fetch(`http://127.0.0.1:${silent.port}/`)).rejects.toThrow();
    expect(await silent.complaint()).toContain("osm: port 9 of pod default/stands-in: ");
  });

  test("nothing stands on the page that was not typed here", () => {
    expect(page.notTyped()).toEqual([]);
  });
});

/** With "all" chosen everywhere. */
function shownFor(expr: string, span: string): string {
  return expr.replaceAll("$__rate_interval", span).replaceAll("$destination", ".+/.+[|].+").replaceAll(/\$(namespace|workload|pod)/g, ".*");
}

interface LedPort extends AsyncDisposable {
  readonly port: number;
  /** The first thing that it warns of. */
  complaint(): Promise<string>;
  /** @returns its exit code */
  interrupted(): Promise<unknown>;
}

/** Resolves when it leads there. */
async function osmDashboard(cluster: RealCluster, remotePort: number): Promise<LedPort> {
  const port = await freePort();
  const options = ["--kubeconfig", cluster.kubeconfig, "--osm-namespace", "default", "-p", String(port), "-r", String(remotePort), "-b=false"];
  const osm = spawn(process.execPath, [join(top, "cli/src/main.ts"), "dashboard", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(osm, "close");
  const warned = once(createInterface({ input: osm.stderr }), "line");
  warned.catch(() => {});
  const [said]: unknown[] = await Promise.race([once(createInterface({ input: osm.stdout }), "line"), warned]);
  expect(said).toContain(`is at http://localhost:${port}`);
  const interrupted = async (): Promise<unknown> => {
    osm.kill("SIGINT");
    return (await closed)[0];
  };
  return { port, interrupted, complaint: async () => String((await warned)[0]), [Symbol.asyncDispose]: async () => void (await interrupted()) };
}

/** Prometheus' own API, by way of the API server. */
async function throughApi(cluster: RealCluster): Promise<{ readonly answer: (path: string) => Promise<unknown>; readonly end: () => void }> {
  const proxy = cluster.spawn("proxy", "--port=0");
  const [line = ""] = await Promise.race([once(createInterface({ input: proxy.stdout }), "line").then((words) => words.map(String)), once(proxy, "close").then(() => [])]);
  const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
  if (port === undefined) throw new Error(`kubectl proxy said: ${line}`);
  return {
    answer: async (path) => await (await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/${namespace}/services/osm-prometheus:7070/proxy${path}`)).json(),
    end: () => void proxy.kill(),
  };
}
