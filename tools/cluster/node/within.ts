import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../images/run-tool.ts";
import { containerdSocket } from "./component-files.ts";
import type { NodeSettings } from "./settings.ts";

/** Process id of the node's first process; undefined where none runs. */
export async function firstProcess({ dir }: NodeSettings): Promise<number | undefined> {
  const text = await readFile(join(dir, "run", "pid"), "utf8").catch(() => "");
  const pid = Number(text.trim());
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  // The number may have been given to another process since.
  const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return words.includes(join(dir, "run", "first-process.sh")) ? pid : undefined;
}

/** Runs a program in the node. @throws Error where the node does not run, or with the program's complaint */
export async function within(settings: NodeSettings, argv: readonly string[]): Promise<string> {
  const pid = await firstProcess(settings);
  if (pid === undefined) throw new Error(`${settings.name} does not run: start it with node tools/run.mjs cluster up`);
  return await runTool("nsenter", ["-t", String(pid), "-m", "-n", "-p", "--", ...argv]);
}

/** Puts image archives into the node's containerd, where the kubelet finds them without a registry. */
export async function loadImages(settings: NodeSettings, files: readonly string[]): Promise<void> {
  for (const file of files) await within(settings, ["ctr", "-a", containerdSocket, "-n", "k8s.io", "images", "import", file]);
}
