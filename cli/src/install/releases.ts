import { z } from "zod";
import type { Helm } from "./helm.ts";

const schema = z.array(z.object({ name: z.string(), status: z.string(), chart: z.string().default(""), app_version: z.string().default("") }));

/** What Helm keeps of an installation, finished or not. */
export type Release = z.output<typeof schema>[number];

/** Whether it is of our chart. That of Open Service Mesh 0.x and 1.x has the same name. */
export function isOurs({ chart, app_version: appVersion }: Pick<Release, "chart" | "app_version">): boolean {
  return /^osm-v?\d/.test(chart) && Number(/^v?(\d+)\./.exec(appVersion)?.[1] ?? 0) >= 2;
}

export async function releasesIn(helm: Helm, namespace: string): Promise<readonly Release[]> {
  return schema.parse(JSON.parse((await helm.run(["list", "--namespace", namespace, "--all", "--output", "json"])) || "[]"));
}
