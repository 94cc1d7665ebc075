import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runTool } from "../../images/run-tool.ts";
import { removeCgroups } from "./cgroups.ts";
import type { NodeSettings } from "./settings.ts";
import { firstProcess } from "./within.ts";

/** Ends the node and removes what it was; its logs stay until the next start. Nothing happens where none is. */
export async function down(settings: NodeSettings): Promise<void> {
  const { dir, wire, kubeconfig } = settings;
  const pid = await firstProcess(settings);
  if (pid !== undefined) {
    process.kill(pid, "SIGKILL");
    while ((await firstProcess(settings)) !== undefined) await wait(20);
  }
  await runTool("ip", ["link", "del", wire]).catch(() => undefined);
  const cgroups = await readFile(join(dir, "run", "cgroups"), "utf8").catch(() => "");
  const left = await removeCgroups(cgroups.split("\n").filter((folder) => folder !== ""));
  if (left.length > 0) throw new Error(`processes of ${settings.name} do not end; their cgroups are ${left.join(", ")}`);
  for (const each of ["etcd", "containerd", "kubelet", "run", "keys"]) await rm(join(dir, each), { recursive: true, force: true });
  await rm(kubeconfig, { force: true });
}
