import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { eventually } from "./eventually.ts";
import { programPath } from "./needs.ts";
import type { Program } from "./requirements.ts";

export interface ServerCommand {
  readonly program: Program;
  readonly args: readonly string[];
  /** A line of its output, on either stream, that says it serves. */
  readonly ready: RegExp;
}

/** A server that a test may treat badly. Disposing kills it. */
export interface ServerProcess extends AsyncDisposable {
  /** Resolves when it serves. @throws Error with its last words when it ends before. */
  start(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it hangs, and its connections with it. Resolves when it does. */
  freeze(): Promise<void>;
  thaw(): void;
}

export function serverProcess(command: ServerCommand): ServerProcess {
  let child: ChildProcess | undefined;
  const dieWithUs = (): void => void child?.kill("SIGKILL");
  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    process.off("exit", dieWithUs);
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, "exit");
    ending.kill("SIGKILL");
    await gone;
  };
  return {
    start: async () => {
      child = spawn(programPath(command.program), command.args, { stdio: ["ignore", "pipe", "pipe"] });
      process.on("exit", dieWithUs);
      await serving(child, command);
    },
    kill,
    freeze: async () => {
      const hanging = child;
      if (hanging?.kill("SIGSTOP") === true) await eventually(() => hasStopped(hanging));
    },
    thaw: () => void child?.kill("SIGCONT"),
    [Symbol.asyncDispose]: kill,
  };
}

/** @throws Error when it runs: the system takes its time to stop all threads of a process. */
async function hasStopped({ pid }: ChildProcess): Promise<void> {
  const states = await Promise.all((await readdir(`/proc/${pid}/task`)).map((task) => readFile(`/proc/${pid}/task/${task}/stat`, "utf8")));
  if (states.some((stat) => !/^T/i.test(stat.slice(stat.lastIndexOf(")") + 2)))) throw new Error("still running");
}

async function serving(child: ChildProcess, { program, ready }: ServerCommand): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      if (!input) continue;
      createInterface({ input }).on("line", (line) => {
        said.push(line);
        if (said.length > 20) said.shift();
        if (ready.test(line)) resolve();
      });
    }
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`${program} ended with ${code ?? signal}:\n${said.join("\n")}`)));
  });
}
