import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface NodeCgroup {
  readonly controller: string;
  readonly folder: string;
}

const hierarchies = "/sys/fs/cgroup";

/** One cgroup of each controller for the node, below our own. @throws Error on a machine that has only cgroup v2 */
export async function makeCgroups(name: string, memoryBytes: number): Promise<readonly NodeCgroup[]> {
  const made: NodeCgroup[] = [];
  for (const line of (await readFile("/proc/self/cgroup", "utf8")).trim().split("\n")) {
    const [, controllers = "", path = ""] = line.split(":");
    const controller = controllers.replace(/^name=/, "");
    if (controller === "" || !existsSync(join(hierarchies, controller))) continue;
    const folder = join(hierarchies, controller, path, name);
    await mkdir(folder, { recursive: true });
    await limit({ controller, folder }, memoryBytes);
    made.push({ controller, folder });
  }
  if (made.length === 0) throw new Error("a node of its own needs cgroup v1, and this machine has none: name a cluster of yours with OSM_TEST_KUBECONFIG");
  return made;
}

async function limit({ controller, folder }: NodeCgroup, memoryBytes: number): Promise<void> {
  if (controller === "memory") await writeFile(join(folder, "memory.limit_in_bytes"), String(memoryBytes));
  // Beside a busy machine's processes all of a node would count as one of them.
  if (controller === "cpu") await writeFile(join(folder, "cpu.shares"), String(8 * 1024));
  if (controller !== "cpuset") return;
  // A new one has no processor, and nothing may run in it.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) await writeFile(join(folder, file), await readFile(join(folder, "..", file)));
  await writeFile(join(folder, "cgroup.clone_children"), "1");
}

/** Removes them once their last process is gone, which the kernel may take a moment for. Gives those that stayed. */
export async function removeCgroups(folders: readonly string[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (const folder of folders) {
    let tries = 100;
    while (tries > 0 && !(await removeTree(folder))) {
      tries -= 1;
      await wait(50);
    }
    if (tries === 0) left.push(folder);
  }
  return left;
}

async function removeTree(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return true;
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  return await rmdir(folder).then(() => true, () => false);
}
