import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Claim } from "./claim.ts";
import { CommandFailed, runTool, type Life } from "./commands.ts";

const script = join(import.meta.dirname, "reap.sh");

/** A process that outlives its parent by as long as it takes to remove what the parent's sandbox made. */
export interface Reaper {
  readonly pid: number;
  readonly life: Life;
  /** Lets it go to work, and waits for it. @throws CommandFailed when something could not be removed. */
  finish(): Promise<void>;
}

/**
 * Starts the reaper of a sandbox. It works as soon as nobody holds `life` any more: neither this process, nor a command on
 * its way into a namespace. Being killed with -9 is one way to let go.
 */
export function startReaper(claim: Claim): Reaper {
  const logs = join(claim.dir, "logs");
  mkdirSync(logs, { recursive: true });
  const file = join(logs, `reaper.${claim.id}.log`);
  const fd = openSync(file, "a");
  // In a session of its own: what a terminal sends to its foreground processes does not reach it.
  const child = spawn("/bin/sh", [script, "sandbox", claim.id, claim.dir, claim.file], { detached: true, stdio: ["pipe", fd, fd] });
  closeSync(fd);
  const ended = Promise.withResolvers<number | null>();
  child.once("exit", (code) => ended.resolve(code));
  child.once("error", ended.reject);
  const { stdin: life, pid } = child;
  if (!life || pid === undefined) throw new CommandFailed("cannot start /bin/sh, which would tidy up");
  life.on("error", () => undefined);

  return {
    pid,
    life,
    finish: async () => {
      // Closing, not ending: a shutdown would be seen at once, although commands still hold the socket.
      life.destroy();
      if ((await ended.promise) !== 0) throw new CommandFailed(`the sandbox left something behind: ${await readFile(file, "utf8")}`);
    },
  };
}

/** Removes what the sandbox of a dead process left. Its own reaper may be at it as well. */
export async function reapDead(claim: Claim, life: Life): Promise<void> {
  await runTool(["/bin/sh", script, "sandbox", claim.id, claim.dir, claim.file], life);
}

export interface PodNetns {
  readonly netns: string;
  /** The namespace and name of the link that leads to it. */
  readonly hub: string;
  readonly port: string;
}

/** Ends every process of a pod's namespace, and removes it and the link to it. There may be nothing of it. */
export async function reapNetns({ netns, hub, port }: PodNetns, life: Life): Promise<void> {
  await runTool(["/bin/sh", script, "netns", netns, hub, port], life);
}
