import { expect, test } from "vitest";
import { eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { callFrom } from "./apps.ts";
import { follow } from "./tutorial.ts";

const namespace = "shop";
const soon = { deadlineMs: 60_000, everyMs: 250 };
const refused = /^(ECONNRESET|UND_ERR_SOCKET)$/;

/** The guide's namespace `shop`: joined by its label, redeployed, and opened to one account for one route. */
export function shopTests(cluster: () => RealCluster, controlPlane: string): void {
  const kubectl = (...args: readonly string[]) => cluster().kubectl("-n", namespace, ...args);
  const call = (from: string, path: string, method = "GET") => callFrom(cluster(), { namespace, workload: `deploy/${from}`, container: "app" }, { url: `http://backend.shop.svc.cluster.local${path}`, method });
  const running = async () => (await kubectl("get", "pods", "-o", 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}/{.spec.containers[*].name}{"\\n"}{end}')).trim().split("\n").filter((line) => line.startsWith("/")).toSorted();

  test("without a label no pod has a sidecar, and anybody may call", async () => {
    await follow(cluster(), "A namespace joins");
    expect(await running()).toEqual(["/app", "/app", "/app"]);
    expect(await call("other", "/books-bought")).toBe("200");
  });

  test("a label and a redeploy in the same second give each new pod its sidecar, with the backbone down", async () => {
    const backbone = (replicas: number) => cluster().kubectl("-n", controlPlane, "scale", "statefulset/osm-nats", "deployment/osm-redis", `--replicas=${replicas}`);
    await backbone(0);
    await cluster().kubectl("-n", controlPlane, "wait", "--for=delete", "pod/osm-nats-0", "--timeout=60s");
    await follow(cluster(), "Label and redeploy");
    await eventually(async () => expect((await running()).filter((line) => line.includes("envoy"))).toEqual(Array.from({ length: 3 }, () => "/envoy app")), soon);
    await backbone(1);
    for (const name of ["frontend", "backend", "other"]) await kubectl("rollout", "status", `deployment/${name}`, "--timeout=120s");
  });

  test("in every pod envoy stands beside the app", async () => {
    await eventually(async () => expect(await follow(cluster(), "See the sidecars")).toBe("envoy app envoy app envoy app"), soon);
  });

  test("a TrafficTarget opens one route to one account, and everything else is refused", async () => {
    expect(await call("frontend", "/books-bought")).toMatch(refused);
    await follow(cluster(), "One route for one account");
    await eventually(async () => expect(await call("frontend", "/books-bought")).toBe("200"), soon);
    expect(await call("frontend", "/books-bought", "POST")).toBe("403");
    expect(await call("frontend", "/raw")).toBe("403");
    expect(await call("other", "/books-bought")).toMatch(refused);
    await eventually(async () => expect(await follow(cluster(), "See who gets through")).toMatch(/"answers":{.*"200":.*}\n.*"answers":{("ECONNRESET":\d+)?}}\n$/), soon);
  });

  test("a policy that OSM refused is refused by the API, with the field and the way out", async () => {
    const spec = { destination: { kind: "ServiceAccount", name: "backend", namespace: "elsewhere" }, sources: [{ kind: "ServiceAccount", name: "frontend", namespace }], rules: [{ kind: "HTTPRouteGroup", name: "backend" }] };
    const target = { apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: "astray", namespace }, spec };
    await expect(cluster().apply(target)).rejects.toThrow(/spec.destination.namespace: the destination is in namespace elsewhere/);
  });

  test("a namespace that wants to be scraped has sidecars that Prometheus finds", async () => {
    await kubectl("annotate", "namespace", namespace, "prometheus.io/scrape=true");
    await kubectl("rollout", "restart", "deployment/frontend");
    await kubectl("rollout", "status", "deployment/frontend", "--timeout=120s");
    const found = await eventually(async () => {
      const all = await kubectl("get", "pods", "-l", "app=frontend", "-o", 'jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations.prometheus\\.io/port}{.metadata.annotations.prometheus\\.io/path}{"\\n"}{end}');
      expect(all.trim().split("\n")).toHaveLength(1);
      return all.trim().split(" ");
    }, soon);
    expect(found[1]).toBe("15010/stats/prometheus");
    const metrics = await eventually(() => cluster().kubectl("get", "--raw", `/api/v1/namespaces/${namespace}/pods/${found[0]}:15010/proxy/stats/prometheus`), soon);
    expect(metrics).toMatch(/^envoy_cluster_upstream_rq_total/m);
  });
}
