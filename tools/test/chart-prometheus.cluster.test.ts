import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { eventually, freePort, needs, serverProcess, type ServerProcess } from "../../libs/testkit/src/index.ts";
import { dashboards } from "../dashboards/all.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly phase: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly controller: readonly [kind: string, name: string];
  readonly containers: readonly string[];
}

needs("helm", "prometheus")("the chart's Prometheus, with one server for all pods", () => {
  const asked = new Set<string>();
  let pods: Server;
  let folder: string;
  let prometheus: ServerProcess;
  let ask: (path: string) => Promise<unknown>;

  beforeAll(async () => {
    pods = createServer((request, response) => {
      asked.add(request.url ?? "");
      response.setHeader("content-type", "text/plain; version=0.0.4").end("envoy_server_live 1\n");
    }).listen(0, "127.0.0.1");
    await once(pods, "listening");
    const address = pods.address();
    folder = await mkdtemp(join(tmpdir(), "osm-prometheus-"));
    const [web, file] = [await freePort(), join(folder, "prometheus.yml")];
    await writeFile(join(folder, "pods.json"), JSON.stringify(somePods(address !== null && typeof address === "object" ? address.port : 0).flatMap(discovered)));
    await writeFile(file, await configOver(folder));
    prometheus = serverProcess({ program: "prometheus", args: [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, "data")}`, `--web.listen-address=127.0.0.1:${web}`], ready: /Server is ready to receive web requests/ });
    await prometheus.start();
    ask = async (path) => await (await fetch(`http://127.0.0.1:${web}${path}`)).json();
  });
  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]();
    pods.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("reads the sidecars that say so and the services of its mesh, each once and by name", async () => {
    const found = await eventually(async () => {
      const up = listAt(await ask(`/api/v1/query?query=${encodeURIComponent("up == 1")}`), "data", "result");
      expect(up.length).toBe(2);
      return up.map((each) => at(each, "metric"));
    }, { deadlineMs: 40_000, everyMs: 200 });
    expect(found).toContainEqual(expect.objectContaining({
      job: "osm-sidecars", source_namespace: "shop", source_pod_name: "bookstore-7f9c-x", source_service: "bookstore", source_workload_kind: "Deployment", source_workload_name: "bookstore",
    }));
    expect(found).toContainEqual(expect.objectContaining({ job: "osm-control-plane", service: "osm-watcher", pod: "osm-watcher-0" }));
    expect(asked).toEqual(new Set(["/stats/prometheus", "/metrics"]));
  });

  test("takes nobody else for one of them", async () => {
    const targets = listAt(await ask("/api/v1/targets?state=active"), "data", "activeTargets");
    const named = targets.map((each) => String(at(each, "labels", "source_pod_name") ?? at(each, "labels", "pod")));
    expect(named.toSorted()).toEqual(["bookstore-7f9c-x", "on-ipv6", "osm-watcher-0"]);
    expect(targets.map((each) => at(each, "scrapeUrl"))).toContainEqual(expect.stringMatching(/^http:\/\/\[::1\]:\d+\/stats\/prometheus$/));
  });

  test.each(dashboards)("understands all that $title asks", async ({ rows, variables }) => {
    const asked = [...rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))), ...variables.map(({ metric }) => metric)];
    const answers = await Promise.all(asked.map(async (expr) => ({ expr, answer: await ask(`/api/v1/query?query=${encodeURIComponent(expr.replaceAll("$__rate_interval", "1m"))}`) })));
    expect(answers.filter(({ answer }) => at(answer, "status") !== "success")).toEqual([]);
  });

  test("watches by the chart's alerts, of which each says what happened and what to do", async () => {
    const rules = listAt(listAt(await ask("/api/v1/rules"), "data", "groups")[0], "rules");
    expect(rules.length).toBeGreaterThan(7);
    for (const rule of rules) {
      expect(at(rule, "lastError")).toBeUndefined();
      expect(at(rule, "annotations")).toEqual({ summary: expect.stringMatching(/\S/), description: expect.stringMatching(/\S/) });
    }
  });
});

function somePods(port: number): readonly Pod[] {
  const asks = { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": "/stats/prometheus" };
  const app: Pod = { namespace: "shop", name: "bookstore-7f9c-x", ip: "127.0.0.1", phase: "Running", labels: { app: "bookstore" }, annotations: asks, controller: ["ReplicaSet", "bookstore-7f9c"], containers: ["bookstore", "envoy"] };
  const { "prometheus.io/path": _path, ...usual } = asks;
  const service: Pod = { ...app, namespace: "osm-system", name: "osm-watcher-0", labels: { app: "osm-watcher", "app.kubernetes.io/instance": "osm" }, annotations: usual, containers: ["osm-watcher"] };
  return [
    app,
    { ...app, name: "silent", annotations: {} },
    { ...app, name: "unmeshed", containers: ["bookstore"] },
    { ...app, name: "ended", phase: "Succeeded" },
    { ...app, name: "on-ipv6", ip: "::1" },
    service,
    { ...service, name: "of-another-mesh", labels: { app: "osm-watcher", "app.kubernetes.io/instance": "blue" } },
  ];
}

/** What discovery says of a pod, by Prometheus' page on it: a target for each of its ports. */
function discovered({ namespace, name, ip, phase, labels, annotations, controller: [kind, owner], containers }: Pod): readonly object[] {
  const keyed = (of: string, entries: Readonly<Record<string, string>>) => Object.entries(entries).map(([key, value]) => [`__meta_kubernetes_pod_${of}_${key.replaceAll(/[^A-Za-z0-9_]/g, "_")}`, value] as const);
  const said = {
    __meta_kubernetes_namespace: namespace, __meta_kubernetes_pod_name: name, __meta_kubernetes_pod_ip: ip, __meta_kubernetes_pod_phase: phase,
    __meta_kubernetes_pod_controller_kind: kind, __meta_kubernetes_pod_controller_name: owner, ...Object.fromEntries([...keyed("label", labels), ...keyed("annotation", annotations)]),
  };
  return containers.flatMap((container, at) => [0, 1].map((port) => ({ targets: [`${ip.includes(":") ? `[${ip}]` : ip}:${8000 + 2 * at + port}`], labels: { ...said, __meta_kubernetes_pod_container_name: container } })));
}

/** As it was rendered, but told of pods by a file of the folder, and without waiting. */
async function configOver(folder: string): Promise<string> {
  const map = objectsIn(await render("--set", "osm.deployPrometheus=true")).find((object) => at(object, "kind") === "ConfigMap" && at(object, "metadata", "name") === "osm-prometheus");
  const config: unknown = parse(String(at(map, "data", "prometheus.yml")));
  expect(at(config, "rule_files")).toEqual(["/etc/prometheus/rules.yml"]);
  const rules = join(folder, "rules.yml");
  await writeFile(rules, String(at(map, "data", "rules.yml")));
  const jobs = listAt(config, "scrape_configs").map((job) => {
    const { kubernetes_sd_configs: asked, ...rest } = Object(job);
    expect(listAt(asked).map((each) => at(each, "role"))).toEqual(["pod"]);
    return { ...rest, file_sd_configs: [{ files: [join(folder, "pods.json")] }] };
  });
  return stringify({ global: { scrape_interval: "1s", scrape_timeout: "1s" }, rule_files: [rules], scrape_configs: jobs });
}
