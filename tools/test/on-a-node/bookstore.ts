import { expect, test } from "vitest";
import { eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { countersOf } from "./apps.ts";
import { follow } from "./tutorial.ts";

const namespaces = ["bookstore", "bookbuyer", "bookthief", "bookwarehouse"] as const;
/** Only to notice what hangs; apps call once a second. */
const soon = { deadlineMs: 60_000, everyMs: 500 };

export const available = async (cluster: RealCluster, namespace: string, ...deployments: readonly string[]): Promise<void> =>
  void (await cluster.kubectl("-n", namespace, "wait", "--for=condition=Available", ...deployments.map((name) => `deployment/${name}`), "--timeout=120s"));

/** The guide's story of the bookstore, with its own words to kubectl. */
export function bookstoreTests(cluster: () => RealCluster): void {
  const grown = async (app: string, counter: string, namespace = app): Promise<void> => {
    const before = (await countersOf(cluster(), app, namespace)).counters[counter] ?? 0;
    await eventually(async () => expect((await countersOf(cluster(), app, namespace)).counters[counter] ?? 0).toBeGreaterThan(before + 2), soon);
  };

  test("four namespaces join the mesh, and the apps run with sidecars; nobody can talk yet", async () => {
    await follow(cluster(), "The bookstore");
    await available(cluster(), "bookstore", "bookstore-v1");
    await available(cluster(), "bookwarehouse", "bookwarehouse", ...(cluster().hasDatabase ? ["database"] : []));
    for (const app of ["bookbuyer", "bookthief"]) await available(cluster(), app, app);
    for (const name of namespaces) {
      const containers = await cluster().kubectl("get", "pods", "-n", name, "-o", 'jsonpath={range .items[*]}{.spec.initContainers[*].name}:{.spec.containers[0].name}{"\\n"}{end}');
      expect(new Set(containers.trim().split("\n"))).toEqual(new Set(["osm-init:envoy"]));
    }
    await Promise.all(["bookbuyer", "bookthief"].map((app) => grown(app, "refused")));
    for (const app of ["bookbuyer", "bookthief"]) {
      const { answers } = await countersOf(cluster(), app);
      expect(Object.keys(answers).filter((answer) => answer.startsWith("2"))).toEqual([]);
    }
  });

  test("access: bookbuyer buys, bookstore restocks from bookwarehouse, bookthief stays out", async () => {
    await follow(cluster(), "Access");
    await Promise.all([
      grown("bookbuyer", "booksBoughtV1"),
      grown("bookstore-v1", "booksRestocked", "bookstore"),
      grown("bookwarehouse", cluster().hasDatabase ? "stored" : "restocked"),
      grown("bookthief", "refused"),
    ]);
    expect((await countersOf(cluster(), "bookthief")).counters["booksStolen"]).toBe(0);
    expect(await follow(cluster(), "Counters")).toMatch(/"app":"bookbuyer".*"booksBought":[1-9].*\n.*"app":"bookthief".*"booksStolen":0,/);
  });

  test("a split shifts to version 2, and back", async () => {
    await follow(cluster(), "Split");
    await Promise.all([grown("bookbuyer", "booksBoughtV1"), grown("bookbuyer", "booksBoughtV2")]);
    await follow(cluster(), "Back to version 1");
    await eventually(async () => {
      const before = (await countersOf(cluster(), "bookbuyer")).counters;
      await grown("bookbuyer", "booksBoughtV1");
      expect((await countersOf(cluster(), "bookbuyer")).counters["booksBoughtV2"]).toBe(before["booksBoughtV2"]);
    }, soon);
  });
}
