import type { Command } from "commander";
import { z } from "zod";
import { acting, type Asked } from "../frame/acting.ts";
import { eachOf } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";
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
  return await tellEach(options.namespace, console, (name) => switchMetrics(opened, name, isOn));
}
