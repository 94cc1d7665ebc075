import { expect, test } from "vitest";
import { eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { countersOf } from "./apps.ts";
import { available } from "./bookstore.ts";
import { failedDuring, type Caller } from "./failed-during.ts";
import { osmOn } from "./osm.ts";

const namespace = "bookstore";
const store = "bookstore-v1";
const buyer: Caller = { namespace: "bookbuyer", workload: "deploy/bookbuyer", url: "http://bookstore.bookstore.svc.cluster.local:14001/buy-a-book/new" };
const ofStore = ["-l", "app=bookstore,version=v1", "--field-selector=status.phase=Running"] as const;

/** Only to notice what hangs; what is asked here is whether a request fails meanwhile. */
const patienceSec = 240;
const hangs = 3 * patienceSec * 1000;

/** What an operator does to pods all day, under 75 requests a second over ten connections: none of them fails. */
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
  const failed = async (work: () => Promise<void>): Promise<unknown> => (await failedDuring(cluster(), [buyer], work))[0];

  test("a rolling update", async () => {
    await scale(3);
    expect(await failed(async () => {
      await kubectl("rollout", "restart", `deployment/${store}`);
      await kubectl("rollout", "status", `deployment/${store}`, `--timeout=${patienceSec}s`);
      await gone();
    })).toEqual({});
  }, hangs);

  test("eviction of the pods one by one, under their budget", async () => {
    await cluster().apply({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: store, namespace }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: "bookstore", version: "v1" } } } });
    expect(await failed(async () => {
      for (const name of await pods()) await eventually(() => evict(name), { deadlineMs: patienceSec * 1000, everyMs: 500 });
      await available(cluster(), namespace, store);
      await gone();
    })).toEqual({});
  }, hangs);

  test("a scale-down to one", async () => {
    expect(await failed(async () => await scale(1))).toEqual({});
  }, hangs);

  test("an upgrade by osm, of what Helm installed, that restarts every service", async () => {
    const services = async () => (await cluster().kubectl("-n", controlPlane, "get", "pods", "-l", "app in (osm-watcher,osm-compiler,osm-ca,osm-xds,osm-injector)", "-o", "jsonpath={.items[*].metadata.uid}")).split(" ");
    const before = await services();
    expect(await failed(async () => expect(await osmOn(cluster(), `mesh upgrade --timeout ${patienceSec}s --set osm.controllerLogLevel=debug`)).toMatchObject({ code: 0 }))).toEqual({});
    expect(await cluster().kubectl("-n", controlPlane, "get", "deployment", "osm-xds", "-o", 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="OSM_LOG_LEVEL")].value}')).toBe("debug");
    expect(before.length).toBeGreaterThan(4);
    await eventually(async () => expect((await services()).filter((uid) => before.includes(uid))).toEqual([]), { deadlineMs: patienceSec * 1000, everyMs: 500 });
  }, hangs);

  test("new certificates for the servers: each run of the renewal has one of them begin anew", async () => {
    const ours = (...args: readonly string[]) => cluster().kubectl("-n", controlPlane, ...args);
    const certificateOf = (secret: string) => ours("get", "secret", secret, "-o", "jsonpath={.data.tls\\.crt}");
    const workloads = [["osm-nats", "statefulset"], ["osm-redis", "deployment"], ["osm-xds", "deployment"]] as const;
    const before = await Promise.all(workloads.map(([name]) => certificateOf(name)));
    // Of an issuer that nobody knows any more, each is made anew.
    for (const [name] of workloads) await ours("patch", "secret", name, "--type=json", "-p", '[{"op":"remove","path":"/data/tls.issuer"}]');
    const marked = async () => (await Promise.all(workloads.map(([name, kind]) => ours("get", kind, name, "-o", "jsonpath={.spec.template.metadata.annotations.openservicemesh\\.io/serving-certificate}")))).map((mark) => mark !== "");
    expect(await failed(async () => {
      const seen: (readonly boolean[])[] = [];
      for (const turn of [1, 2, 3, 4]) {
        await ours("create", "job", `renewal-${turn}`, "--from=cronjob/osm-renewal");
        await ours("wait", "--for=condition=Complete", `job/renewal-${turn}`, `--timeout=${patienceSec}s`);
        seen.push(await marked());
        for (const [name, kind] of workloads) await ours("rollout", "status", `${kind}/${name}`, `--timeout=${patienceSec}s`);
      }
      expect(seen).toEqual([[false, false, false], [true, false, false], [true, true, false], [true, true, true]]);
    })).toEqual({});
    const after = await Promise.all(workloads.map(([name]) => certificateOf(name)));
    for (const [at, certificate] of after.entries()) expect(certificate).not.toBe(before[at]);
    // The CronJob's own history keeps the last alone.
    await ours("delete", "jobs", "--ignore-not-found", ...[1, 2, 3, 4].map((turn) => `renewal-${turn}`));
  }, hangs);

  test("xDS from one to three and back; a policy still changes what is allowed", async () => {
    const xds = async (replicas: number): Promise<void> => {
      await cluster().kubectl("-n", controlPlane, "scale", "deployment/osm-xds", `--replicas=${replicas}`);
      await cluster().kubectl("-n", controlPlane, "rollout", "status", "deployment/osm-xds", `--timeout=${patienceSec}s`);
      await eventually(async () => expect((await cluster().kubectl("-n", controlPlane, "get", "pods", "-l", "app=osm-xds", "-o", "name")).trim().split("\n")).toHaveLength(replicas), { deadlineMs: patienceSec * 1000, everyMs: 500 });
    };
    expect(await failed(async () => {
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
