import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { processEnv } from "@osm/runtime";

export interface ProcessPlan {
  readonly name: string;
  readonly argv: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets all that it says, of each of its lives. */
  readonly logFile: string;
  /** A line of its output that says it does its work. */
  readonly ready: RegExp;
}

/** A program of the mesh, which may be treated badly and started again. The death of this process, in whatever way, is its own. */
export interface ManagedProcess {
  readonly name: string;
  /** Resolves when it does its work. @throws Error with its last words when it ends before. */
  start(): Promise<void>;
  /** Starts it and waits for nothing. */
  launch(): void;
  /** Asks it to end, and insists after some seconds. Resolves when it is gone. */
  end(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it hangs, and its connections with it. */
  freeze(): void;
  thaw(): void;
  pid(): number | undefined;
  /** Rejects when it ends and was not told to. */
  readonly failed: Promise<never>;
}

interface Life {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly gone: Promise<unknown>;
  /** What it said last. */
  readonly words: () => string;
}

const patienceMs = 10_000;
const lastWords = 15;

export function manageProcess(plan: ProcessPlan): ManagedProcess {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  let life: Life | undefined;
  /** From here on its end is no surprise. */
  const letGo = (): Life | undefined => {
    const ending = life;
    life = undefined;
    return ending;
  };
  const launch = (): Life => {
    const begun = begin(plan);
    life = begun;
    begun.ready.catch(() => undefined);
    void begun.gone.then(() => life === begun && failed.reject(new Error(`${plan.name} has ended:\n${begun.words()}`)));
    return begun;
  };
  return {
    name: plan.name,
    start: () => launch().ready,
    launch: () => void launch(),
    end: async () => {
      const ending = letGo();
      if (!ending) return;
      const insist = setTimeout(() => ending.child.kill("SIGKILL"), patienceMs);
      ending.child.kill("SIGTERM");
      ending.child.kill("SIGCONT");
      await ending.gone;
      clearTimeout(insist);
    },
    kill: async () => {
      const ending = letGo();
      ending?.child.kill("SIGKILL");
      await ending?.gone;
    },
    freeze: () => void life?.child.kill("SIGSTOP"),
    thaw: () => void life?.child.kill("SIGCONT"),
    pid: () => life?.child.pid,
    failed: failed.promise,
  };
}

function begin({ name, argv, env = {}, logFile, ready }: ProcessPlan): Life {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...argv], { stdio: ["ignore", "pipe", "pipe"], env: { ...processEnv(), ...env } });
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  const said: string[] = [];
  const serves = Promise.withResolvers<void>();
  const hear = (line: string) => {
    log.write(`${line}\n`);
    said.push(line);
    if (said.length > lastWords) said.shift();
    if (ready.test(line)) serves.resolve();
  };
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", hear);
  const words = () => said.join("\n");
  const gone = untilGone(child, { log, tell: (how) => serves.reject(new Error(`${name} ${how}:\n${words()}`)) });
  return { child, ready: serves.promise, gone, words };
}

interface Ending {
  readonly log: WriteStream;
  readonly tell: (how: string) => void;
}

/** Never rejects: one that could not be started is gone. */
async function untilGone(child: ChildProcess, { log, tell }: Ending): Promise<void> {
  try {
    await once(child, "close");
    tell(`ended with ${child.exitCode ?? child.signalCode}`);
  } catch (error) {
    tell(`could not be started with setpriv (util-linux): ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    log.end();
  }
}
