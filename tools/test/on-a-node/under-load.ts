import { expect, test } from "vitest";
import { eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { countersOf, loadFrom } from "./apps.ts";
import { chart } from "../rendered-chart.ts";
import { available } from "./bookstore.ts";

const namespace = "bookstore";
const store = "bookstore-v1";
const buyer = { namespace: "bookbuyer", workload: "deploy/bookbuyer" };
const url = "http://bookstore.bookstore.svc.cluster.local:14001/buy-a-book/new";
const ofStore = ["-l", "app=bookstore,version=v1", "--field-selector=status.phase=Running"] as const;

/** Only to notice what hangs; what is asked here is whether a request fails meanwhile. */
const patienceSec = 240;
const hangs = 3 * patienceSec * 1000;

/** What an operator does to pods all day, under 60 requests a second over ten connections: none of them fails. */
export function underLoadTests(cluster: () => RealCluster, controlPlane: string): void {
  const kubectl = (...args: readonly string[]) => cluster().kubectl("-n", namespace, ...args);
  const pods = async (): Promise<readonly string[]> => (await kubectl("get", "pods", ...ofStore, "-o", "name")).trim().split("\n").map((line) => line.slice("pod/".length));
  const scale = async (replicas: number): Promise<void> => {
    await kubectl("scale", `deployment/${store}`, `--replicas=${replicas}`);
    await kubectl("rollout", "status", `deployment/${store}`, `--timeout=${patienceSec}s`);
    await gone();
  };
  /** Until those that end have ended. */
  const gone = () => eventually(async () => expect((await kubectl("get", "pods", "-l", "app=bookstore,version=v1", "-o", "name")).trim().split("\n").length).toBe(Number(await kubectl("get", "deployment", store, "-o", "jsonpath={.spec.replicas}"))), { deadlineMs: patienceSec * 1000, everyMs: 500 });
  /** Every answer that was not 200, while the work was done. */
  const failedDuring = async (work: () => Promise<void>): Promise<unknown> => {
    const load = await loadFrom(cluster(), buyer, url);
    const done = await work().then(() => undefined, (error: unknown) => ({ error }));
    const { sent, answers } = await load.end();
    if (done) throw done.error;
    const { 200: bought = 0, ...failed } = answers;
    expect(sent).toBeGreaterThan(200);
    expect(bought + Object.values(failed).reduce((sum, count) => sum + count, 0)).toBe(sent);
    console.log(`${sent} requests, failed: ${JSON.stringify(failed)}`);
    return failed;
  };

  test("a rolling update", async () => {
    await scale(3);
    expect(await failedDuring(async () => {
      await kubectl("rollout", "restart", `deployment/${store}`);
      await kubectl("rollout", "status", `deployment/${store}`, `--timeout=${patienceSec}s`);
      await gone();
    })).toEqual({});
  }, hangs);

  test("eviction of the pods one by one, under their budget", async () => {
    await cluster().apply({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: store, namespace }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: "bookstore", version: "v1" } } } });
    expect(await failedDuring(async () => {
      for (const name of await pods()) await eventually(() => evict(name), { deadlineMs: patienceSec * 1000, everyMs: 500 });
      await available(cluster(), namespace, store);
      await gone();
    })).toEqual({});
  }, hangs);

  test("a scale-down to one", async () => {
    expect(await failedDuring(async () => await scale(1))).toEqual({});
  }, hangs);

  test("an upgrade that restarts the whole control plane", async () => {
    expect(await failedDuring(async () => void (await cluster().helm("-n", controlPlane, "upgrade", "osm", chart, "--reuse-values", "--set", "osm.controllerLogLevel=debug", "--wait", "--timeout", "170s")))).toEqual({});
  });

  test("xDS from one to three and back; a policy still changes what is allowed", async () => {
    const xds = async (replicas: number): Promise<void> => {
      await cluster().kubectl("-n", controlPlane, "scale", "deployment/osm-xds", `--replicas=${replicas}`);
      await cluster().kubectl("-n", controlPlane, "rollout", "status", "deployment/osm-xds", `--timeout=${patienceSec}s`);
      await eventually(async () => expect((await cluster().kubectl("-n", controlPlane, "get", "pods", "-l", "app=osm-xds", "-o", "name")).trim().split("\n")).toHaveLength(replicas), { deadlineMs: patienceSec * 1000, everyMs: 500 });
    };
    expect(await failedDuring(async () => {
      await xds(3);
      await xds(1);
    })).toEqual({});
    // Without the one of version 2 the split would lead there what version 1 no longer takes.
    await kubectl("delete", "traffictargets", "bookstore", "bookstore-v2");
    const refused = async () => (await countersOf(cluster(), "bookbuyer")).counters["refused"] ?? 0;
    const before = await refused();
    await eventually(async () => expect(await refused()).toBeGreaterThan(before), { deadlineMs: 60_000, everyMs: 500 });
  }, hangs);

  /** @throws Error while the budget does not allow it */
  async function evict(name: string): Promise<void> {
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    await cluster().kubectlWith(JSON.stringify(eviction), "create", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, "-f", "-");
  }
}
