import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../../images/places.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";

const asked: Readonly<Record<string, readonly string[]>> = {
  pods: ["get", "pods", "-A", "-o", "wide"],
  events: ["get", "events", "-A", "--sort-by=.lastTimestamp"],
  states: ["get", "pods", "-A", "-o", "yaml"],
};

/** Keeps what a person needs who asks why a test on a node failed, and says where. Nothing of it is a Secret. */
export async function keepWhatWasSeen(cluster: RealCluster, test: string): Promise<string> {
  const folder = join(cache, "nodes", "seen", test.replaceAll(/\W+/g, "-"));
  await mkdir(folder, { recursive: true });
  const keep = async (name: string, args: readonly string[]) => await writeFile(join(folder, `${name}.txt`), await cluster.kubectl(...args).catch(String));
  for (const [name, args] of Object.entries(asked)) await keep(name, args);
  const pods = await cluster.kubectl("get", "pods", "-A", "-o", 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\\n"}{end}').catch(() => "");
  for (const [namespace = "", name = ""] of pods.trim().split("\n").map((line) => line.split(" "))) await keep(name, ["-n", namespace, "logs", name, "--all-containers", "--prefix", "--tail=2000"]);
  return folder;
}
