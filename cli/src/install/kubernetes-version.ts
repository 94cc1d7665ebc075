import { parse } from "yaml";
import { z } from "zod";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { Unmet } from "../unusable.ts";
import type { Helm } from "./helm.ts";

const chartPage = z.looseObject({ kubeVersion: z.string().default("") });
const versionPage = z.looseObject({ gitVersion: z.string() });

/** Asks before anything is made what Helm asks in the middle. @throws Unmet where the cluster is older than the chart takes */
export async function checkKubernetes(cluster: OpenedCluster, helm: Helm, chart: string): Promise<void> {
  const { kubeVersion } = chartPage.parse(parse(await helm.run(["show", "chart", chart])));
  const { gitVersion } = versionPage.parse(await cluster.api.json({ path: "/version", signal: cluster.signal }));
  const oldest = tooOldFor(kubeVersion, gitVersion);
  if (oldest !== undefined) throw new Unmet(`this cluster is Kubernetes ${gitVersion}, and the chart is for ${oldest} and later (kubeVersion in its Chart.yaml): nothing was changed; upgrade the cluster first, or name a chart that takes it with --osm-chart-path`);
}

/** The oldest release that the chart takes, where the cluster is older. A condition of another form than `>=1.28.0-0` is left to Helm. */
export function tooOldFor(kubeVersion: string, gitVersion: string): string | undefined {
  const oldest = releaseOf(/^>= *v?(\d+\.\d+)\.0(?:-0)?$/.exec(kubeVersion.trim())?.[1] ?? "");
  // Some clouds write `v1.29.3-gke.100` or `v1.29+`.
  const there = releaseOf(/^v?(\d+\.\d+)/.exec(gitVersion)?.[1] ?? "");
  if (!oldest || !there) return undefined;
  return there.major < oldest.major || (there.major === oldest.major && there.minor < oldest.minor) ? `${oldest.major}.${oldest.minor}` : undefined;
}

function releaseOf(text: string): { readonly major: number; readonly minor: number } | undefined {
  const [major = Number.NaN, minor = Number.NaN] = text.split(".").map(Number);
  return Number.isNaN(minor) ? undefined : { major, minor };
}
