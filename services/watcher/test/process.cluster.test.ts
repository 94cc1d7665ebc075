import { spawn } from "node:child_process";
import { openKubeApi, type KubeApi } from "@osm/kube";
import { clusterNeeds, smiCrds, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deployment, namespaceObject, node } from "./many-objects.ts";
import { runPods } from "./real-cluster.ts";

/** Only to notice what hangs. */
const many = 600_000;
const main = `${import.meta.dirname}/../src/main.ts`;

/** A watcher as a process of its own. */
async function watcherProcess(kubeconfig: string) {
  const env = {
    ...process.env, OSM_MESH_NAME: "osm", OSM_BUS_URL: "memory:", OSM_HEALTH_PORT: "0", OSM_REPLICA: "w-1",
    OSM_CLUSTER_URL: `kubernetes:${kubeconfig}?context=test`, OSM_LOG_LEVEL: "debug",
  };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const port = await eventually(() => {
    const found = /"port":(\d+),"message":"health served"/.exec(said)?.[1];
    if (found === undefined) throw new Error(`no port in ${said}`);
    return Number(found);
  }, { deadlineMs: 120_000 });
  return {
    facts: () => (said.match(/"message":"fact said"/g) ?? []).length,
    said: () => said,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    /** The value of a metric. */
    metric: async (start: string) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const line = text.split("\n").find((each) => each.startsWith(start));
      return Number(line?.split(" ").at(-1));
    },
    stop: async () => {
      child.kill("SIGTERM");
      return await ended;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

needs(...clusterNeeds)("the watcher's process", () => {
  let cluster: TestCluster;
  let api: KubeApi;
  beforeAll(async () => {
    cluster = await startTestCluster();
    api = openKubeApi({ kubeconfig: cluster.kubeconfig, context: "" });
    await cluster.apply(node, namespaceObject("osm-system", {}), namespaceObject("big"), ...smiCrds);
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("keeps little of each pod, measures how stale it is, and ends when it is asked to", { timeout: many }, async () => {
    await using watcher = await watcherProcess(cluster.kubeconfig);
    await eventually(async () => expect(await watcher.ready()).toBe(true), { deadlineMs: 120_000 });
    const before = { rss: await watcher.metric("process_resident_memory_bytes"), heap: await watcher.metric("nodejs_heap_used_bytes") };
    await cluster.apply(deployment("app", "big", 1000));
    await runPods(api, "big", 1000);
    await eventually(() => expect(watcher.facts()).toBeGreaterThanOrEqual(2000), { deadlineMs: 180_000 });
    const after = { rss: await watcher.metric("process_resident_memory_bytes"), heap: await watcher.metric("nodejs_heap_used_bytes") };
    const mb = (key: "rss" | "heap") => `${(before[key] / 1e6).toFixed(1)} -> ${(after[key] / 1e6).toFixed(1)} MB`;
    console.log(`1000 pods, bus included, no collection forced: resident ${mb("rss")}, heap ${mb("heap")}`);
    expect(after.rss - before.rss).toBeLessThan(150e6);

    const stale = () => watcher.metric('mesh_watch_staleness_seconds{kind="Pod"}');
    expect(await stale()).toBeLessThan(40);
    cluster.holdApi("SIGSTOP");
    const held = await stale();
    await eventually(async () => expect(await stale()).toBeGreaterThan(held + 1), { deadlineMs: 60_000 });
    cluster.holdApi("SIGCONT");
    await eventually(async () => expect(await stale()).toBeLessThan(2), { deadlineMs: 120_000 });
    expect(await watcher.stop()).toBe(0);
    expect(watcher.said()).not.toContain("Bearer");
  });
});
