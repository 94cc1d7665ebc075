import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { openKubeApi, type KubeApi } from "../../libs/kube/src/index.ts";
import { silentLog } from "../../libs/runtime/src/index.ts";
import { startTestCluster, type TestCluster } from "../../libs/test-cluster/src/index.ts";
import { eventually, needs } from "../../libs/testkit/src/index.ts";
import { parseConfig, secretsOf, setUp, startOneAnew, workloadsOf } from "../../services/setup/src/index.ts";
import { chartNeeds } from "./chart-cluster.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

const namespace = "osm-system";
const day = 86_400;
const signal = AbortSignal.timeout(600_000);
const renewed = ["osm-nats", "osm-redis", "osm-xds"] as const;

// What the CronJob runs, as its account and with what its pod is told; the days pass by hand.
needs(...chartNeeds)("the renewal under the chart's rights", () => {
  let cluster: TestCluster;
  let admin: KubeApi;
  let account: KubeApi;
  let told: Readonly<Record<string, string>>;
  const today = Math.floor(Date.now() / 1000);
  const secrets = (api: KubeApi) => secretsOf({ api, namespace, labels: {}, signal });
  const renew = async (now: number): Promise<void> => {
    const config = parseConfig(told);
    await startOneAnew({ workloads: config.startsAnew, secrets: secrets(account), place: workloadsOf({ api: account, namespace, signal }), log: silentLog });
    await setUp({ config, place: secrets(account), now, log: silentLog });
  };
  const kubectl = async (...args: readonly string[]) => await cluster.kubectl("-n", namespace, ...args);
  /** No pod runs here, and a workload of none has all that it wants. */
  const ofNoPods = async () => {
    for (const name of ["statefulset/osm-nats", "deployment/osm-redis", "deployment/osm-xds"]) await kubectl("scale", name, "--replicas=0");
    await observed();
  };
  const observed = async () => await eventually(async () => {
    // Nobody keeps StatefulSets here.
    const generation = Number(await kubectl("get", "statefulset", "osm-nats", "-o", "jsonpath={.metadata.generation}"));
    await kubectl("patch", "statefulset", "osm-nats", "--subresource=status", "--type=merge", "-p", JSON.stringify({ status: { observedGeneration: generation, replicas: 0 } }));
    const items = listAt(JSON.parse(await kubectl("get", "deployments,statefulsets", "-o", "json")), "items").filter((each) => renewed.some((name) => name === at(each, "metadata", "name")));
    expect(items.map((each) => [at(each, "status", "observedGeneration"), at(each, "status", "replicas") ?? 0])).toEqual(items.map((each) => [at(each, "metadata", "generation"), 0]));
  });
  const certificates = async () => await Promise.all(renewed.map((name) => kubectl("get", "secret", name, "-o", "jsonpath={.data.tls\\.crt}")));
  const marked = async () => {
    const marks = await kubectl("get", "deployments,statefulsets", "-o", 'jsonpath={range .items[*]}{.metadata.name} {.spec.template.metadata.annotations.openservicemesh\\.io/serving-certificate}{"\\n"}{end}');
    return marks.trim().split("\n").filter((line) => / \S/.test(line)).map((line) => line.slice(0, line.indexOf(" "))).toSorted();
  };

  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.kubectl("create", "namespace", namespace);
    await cluster.kubectl("-n", namespace, "wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s");
    const objects = objectsIn(await render());
    const cron = objects.find((object) => at(object, "kind") === "CronJob");
    const [container] = listAt(cron, "spec", "jobTemplate", "spec", "template", "spec", "containers");
    told = Object.fromEntries(listAt(container, "env").map((each) => [String(at(each, "name")), String(at(each, "value"))]));
    const wanted = objects.filter((object) => at(object, "metadata", "name") === "osm-renewal" || ["Deployment", "StatefulSet"].includes(String(at(object, "kind"))));
    await cluster.apply(...wanted.map((object) => Object(object)));
    admin = openKubeApi({ kubeconfig: cluster.kubeconfig, context: "" });
    account = openKubeApi({ kubeconfig: await cluster.kubeconfigFor({ token: (await kubectl("create", "token", "osm-renewal")).trim() }), context: "" });
    await setUp({ config: parseConfig({ ...told, OSM_STARTS_ANEW: "" }), place: secrets(admin), now: today, log: silentLog });
    // Roles take a moment.
    await eventually(() => renew(today));
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("leaves alone what is young, makes anew what grows old, and starts one workload anew a run", async () => {
    const before = await certificates();
    await renew(today + day);
    expect([await certificates(), await marked()]).toEqual([before, []]);
    await renew(today + 250 * day);
    const after = await certificates();
    for (const [which, certificate] of after.entries()) expect(certificate).not.toBe(before[which]);
    const seen: unknown[] = [await marked()];
    await ofNoPods();
    for (const turn of [1, 2, 3, 4]) {
      await observed();
      await renew(today + (250 + turn) * day);
      seen.push(await marked());
    }
    expect(seen).toEqual([[], ["osm-nats"], ["osm-nats", "osm-redis"], [...renewed], [...renewed]]);
    expect(await certificates()).toEqual(after);
  });

  test("keeps its hands off the roots, and off accounts, and makes no Secret", async () => {
    const kept = secrets(account);
    for (const name of ["osm-ca-bundle", "osm-control-plane-ca", "osm-watcher"]) {
      const found = await kept.read(name);
      if (found === undefined) throw new Error(`no Secret ${name}`);
      await expect(kept.replace(found, found.content)).rejects.toThrow(/403|forbidden/i);
    }
    await kubectl("delete", "secret", "osm-compiler");
    await expect(renew(today)).rejects.toThrow("the Secret osm-compiler has no bus.user");
    expect(stringify(await kubectl("get", "secrets", "-o", "name"))).not.toContain("osm-compiler");
  });
});
