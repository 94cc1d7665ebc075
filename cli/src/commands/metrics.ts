import type { Command } from "commander";
import { z } from "zod";
import { listPods } from "../cluster/pods.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { eachOf } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";
import { counted } from "../frame/words.ts";
import { switchMetrics } from "../namespaces/metrics.ts";
import { tellEach } from "../namespaces/tell-each.ts";

const asking = z.object({ namespace: z.array(z.string()) });

export function addMetrics(program: Command, session: Session): void {
  const metrics = program.command("metrics").description("Says whether Prometheus scrapes the sidecars of a namespace.");
  for (const [name, isOn, says] of [["enable", true, "Has Prometheus scrape the sidecars of namespaces."], ["disable", false, "Has Prometheus leave the sidecars of namespaces alone."]] as const) {
    metrics.command(name).description(says)
      .requiredOption("--namespace <names>", "the namespaces, with commas between; may be given several times", eachOf)
      .action(acting(session, asking, (asked) => switchEach(asked, isOn)));
  }
}

async function switchEach({ options, cluster, console }: Asked<z.output<typeof asking>>, isOn: boolean): Promise<number> {
  const opened = cluster();
  return await tellEach(options.namespace, console, async (name) => {
    const verdict = await switchMetrics(opened, name, isOn);
    const older = isOn && verdict.kind !== "refused" ? (await listPods(opened, name)).filter((pod) => pod.hasSidecar && !pod.isScrapable) : [];
    if (older.length > 0) console.warn(`osm: ${counted(older.length, "pod")} of namespace ${name} had a sidecar before, which Prometheus cannot ask: kubectl rollout restart deployment -n ${name}`);
    return verdict;
  });
}
