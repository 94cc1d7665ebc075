import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { clusterAbilities } from "../../libs/inject/src/index.ts";
import { startTestCluster, type TestCluster } from "../../libs/test-cluster/src/index.ts";
import { needs, programPath } from "../../libs/testkit/src/index.ts";
import { chartNeeds } from "./chart-cluster.ts";
import { at, chart } from "./rendered-chart.ts";

const releaseIn = (module: string) => /^require k8s\.io\/kubernetes v(\S+)$/m.exec(readFileSync(`${import.meta.dirname}/../cluster/go/${module}/go.mod`, "utf8"))?.[1] ?? "";
const oldest = releaseIn("kubernetes-oldest");
const pod = (spec: object) => JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "tried", namespace: "default" }, spec });
const image = "example.com/any:1";

needs(...chartNeeds)("releases of Kubernetes", () => {
  let cluster: TestCluster;
  let version: unknown;
  /** What the API kept of a field of a pod; its complaint where it took none. */
  const kept = async (spec: object, path: string): Promise<string> => {
    const found = await cluster.apply(pod(spec)).then(() => cluster.kubectl("get", "pod", "tried", "-o", `jsonpath=${path}`), (error: unknown) => String(error));
    await cluster.kubectl("delete", "pod", "tried", "--ignore-not-found", "--force", "--grace-period=0");
    return found;
  };

  beforeAll(async () => {
    cluster = await startTestCluster();
    version = JSON.parse(await cluster.kubectl("get", "--raw", "/version"));
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("what runs is today's, or the oldest where that was asked for", () => {
    expect(at(version, "gitVersion")).toBe(`v${env["OSM_TEST_KUBERNETES"] === "oldest" ? oldest : releaseIn("kubernetes")}`);
  });

  test("the chart takes those that it is tried on, and names what it does not take", async () => {
    const [major, minor] = oldest.split(".").map(Number);
    expect(at(parse(readFileSync(`${chart}/Chart.yaml`, "utf8")), "kubeVersion")).toBe(`>=${major}.${minor}.0-0`);
    const onto = (release: string) => promisify(execFile)(programPath("helm"), ["template", "osm", chart, "--kube-version", release], { maxBuffer: 2 ** 24 });
    await expect(onto(oldest)).resolves.toBeDefined();
    await expect(onto(`${major}.${(minor ?? 0) - 1}.99`)).rejects.toThrow(`incompatible with Kubernetes v${major}.${(minor ?? 0) - 1}.99`);
  });

  test("what the injector takes pods for able to have is what the API keeps of them", async () => {
    const abilities = clusterAbilities(version);
    const native = await kept({ initContainers: [{ name: "proxy", image, restartPolicy: "Always" }], containers: [{ name: "app", image }] }, "{.spec.initContainers[0].restartPolicy}");
    expect(native === "Always").toBe(abilities?.nativeSidecars);
    const sleeping = await kept({ containers: [{ name: "app", image, lifecycle: { preStop: { sleep: { seconds: 3 } } } }] }, "{.spec.containers[0].lifecycle.preStop.sleep.seconds}");
    expect(sleeping === "3").toBe(abilities?.sleepHooks);
  });
});
