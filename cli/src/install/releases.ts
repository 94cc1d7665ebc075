import { z } from "zod";
import type { Helm } from "./helm.ts";

const schema = z.array(z.object({ name: z.string(), status: z.string() }));

/** What Helm keeps of an installation, finished or not. */
export type Release = z.output<typeof schema>[number];

export async function releasesIn(helm: Helm, namespace: string): Promise<readonly Release[]> {
  return schema.parse(JSON.parse((await helm.run(["list", "--namespace", namespace, "--all", "--output", "json"])) || "[]"));
}
