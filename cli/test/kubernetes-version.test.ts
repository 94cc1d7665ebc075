import { describe, expect, test } from "vitest";
import { checkKubernetes, tooOldFor } from "../src/install/kubernetes-version.ts";

describe("a chart for Kubernetes 1.28 and later", () => {
  test.each(["v1.28.0", "v1.28.15", "v1.29.3-gke.100", "v1.34+", "1.30.1", "v2.0.0"])("is taken to %s", (version) => {
    expect(tooOldFor(">=1.28.0-0", version)).toBeUndefined();
  });

  test.each(["v1.27.16", "v1.9.11", "1.27", "v1.27.3-eks-1234", "v0.21.4"])("is not taken to %s", (version) => {
    expect(tooOldFor(">=1.28.0-0", version)).toBe("1.28");
  });
});

test.each(["", ">=1.28.0-0 <1.36.0-0", "~1.30", "nonsense"])("what a chart may say otherwise is for Helm to judge: %j", (kubeVersion) => {
  expect(tooOldFor(kubeVersion, "v1.3.0")).toBeUndefined();
});

describe("before anything is made", () => {
  const asked: string[] = [];
  const helm = { run: async (args: readonly string[]) => (asked.push(args.join(" ")), "apiVersion: v2\nkubeVersion: \">=1.28.0-0\"\n") };
  const clusterOf = (gitVersion: string) => ({
    api: { json: async () => ({ major: "1", minor: "x", gitVersion }), lines: async function* () {} },
    choice: { kubeconfig: "", context: "", podAccount: "last" as const },
    signal: AbortSignal.timeout(60_000),
  });

  test("a cluster that is too old is named, with the way out", async () => {
    await expect(checkKubernetes(clusterOf("v1.27.16"), helm, "chart.tgz")).rejects.toThrow(
      "this cluster is Kubernetes v1.27.16, and the chart is for 1.28 and later (kubeVersion in its Chart.yaml): nothing was changed",
    );
    expect(asked).toEqual(["show chart chart.tgz"]);
  });

  test("one that is not goes on", async () => {
    await expect(checkKubernetes(clusterOf("v1.28.15"), helm, "chart.tgz")).resolves.toBeUndefined();
  });
});
