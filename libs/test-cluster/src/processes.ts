import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A program that runs beside a test. */
export interface Running {
  /** Ends it at once, without asking, and waits until it has. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Resolves once the check holds. @throws Error with the program's last words when it ends before. */
  until(holds: () => Promise<boolean>): Promise<void>;
}

/** Starts a program that ends with this process, whatever ends this process. */
export function run(program: string, args: readonly string[], logFile: string): Running {
  const log = openSync(logFile, "a");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], { stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    signal: (signal) => void child.kill(signal),
    until: async (holds) => {
      while (!(await holds().catch(() => false))) {
        if (hasEnded(child)) throw new Error(`${program} ended:\n${lastLines(logFile)}`);
        await wait(25);
      }
    },
  };
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-12).join("\n");
}
