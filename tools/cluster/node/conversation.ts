import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { NodeCgroup } from "./cgroups.ts";
import type { NodeSettings } from "./settings.ts";

/** The node's first process while it is being started. It lives on when this process ends. */
export interface Conversation {
  readonly pid: number;
  /** Resolves when it has said the word. @throws Error with its last words when it ended instead */
  heard(word: string): Promise<void>;
  /** Lets it take the next step. */
  goOn(): void;
  /** From here on it is left alone. */
  close(): void;
}

/** Starts the first process in namespaces and cgroups of its own. */
export async function beginConversation({ dir }: NodeSettings, cgroups: readonly NodeCgroup[]): Promise<Conversation> {
  const logFile = join(dir, "log", "first-process.log");
  const log = openSync(logFile, "w");
  // A process is in its cgroups before it is in the namespace that makes them its root.
  const enter = cgroups.map(({ folder }) => `echo $$ > '${folder}/cgroup.procs'`).join(" && ");
  const namespaces = "--mount --net --pid --uts --ipc --cgroup --fork --kill-child --propagation private --mount-proc";
  const child = spawn("bash", ["-c", `${enter} && exec unshare ${namespaces} bash "$1" "$2"`, "node", join(dir, "run", "first-process.sh"), dir], {
    detached: true,
    stdio: ["pipe", "pipe", log],
  });
  closeSync(log);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("the node was given no pipes");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const heard = async (word: string): Promise<void> => {
    const { value, done } = await lines.next();
    if (done === true || value !== word) throw new Error(`the node did not get to "${word}":\n${await lastLines(logFile)}`);
  };
  await heard("namespaces");
  return {
    pid: await onlyChildOf(child.pid ?? 0),
    heard,
    goOn: () => void stdin.write("\n"),
    close: () => {
      stdin.end();
      stdout.destroy();
      child.unref();
    },
  };
}

/** `unshare` stays outside of the namespaces; within, its child is the first. */
async function onlyChildOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, "utf8").catch(() => "")).trimEnd().split("\n").slice(-8).join("\n");
}
