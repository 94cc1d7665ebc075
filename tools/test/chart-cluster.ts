import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterNeeds, startTestCluster, type TestCluster } from "../../libs/test-cluster/src/index.ts";
import { chart } from "./rendered-chart.ts";

export const chartNeeds = [...clusterNeeds, "helm"] as const;

/** A Kubernetes API that knows the chart's kinds, and runs no pod. */
export interface ChartCluster extends Pick<TestCluster, "kubeconfig" | "kubectl" | "apply">, AsyncDisposable {
  /** kubectl with a text as its file: `ask(text, "create", ...)` ends with `-f` and it. */
  ask(text: string, ...args: readonly string[]): Promise<string>;
}

export async function openChartCluster(): Promise<ChartCluster> {
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await startTestCluster());
  const folder = await mkdtemp(join(tmpdir(), "osm-chart-"));
  undo.defer(async () => await rm(folder, { recursive: true, force: true }));
  await cluster.kubectl("apply", "--validate=strict", "-f", join(chart, "crds"));
  await cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
  const running = undo.move();
  let asked = 0;
  return {
    kubeconfig: cluster.kubeconfig,
    kubectl: cluster.kubectl,
    apply: cluster.apply,
    ask: async (text, ...args) => {
      const file = join(folder, `${(asked += 1)}.yaml`);
      await writeFile(file, text);
      return await cluster.kubectl(...args, "-f", file);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
