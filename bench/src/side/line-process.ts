import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { z } from "zod";

export interface LineProcessOptions<S extends z.ZodType> {
  readonly command: readonly [program: string, ...args: string[]];
  /** The processor that it may use; undefined: any. */
  readonly core?: number | undefined;
  /** What its lines hold to. */
  readonly event: S;
  readonly env?: NodeJS.ProcessEnv;
}

/** A program that takes a JSON command a line on stdin, and says a JSON event a line on stdout. */
export interface LineProcess<E> extends AsyncDisposable {
  readonly pid: number;
  send(command: object): void;
  /** The next event that was not taken yet. Rejects once the program has ended. */
  next(): Promise<E>;
  /** Sends a command and takes the next event. */
  ask(command: object): Promise<E>;
}

export function startLineProcess<S extends z.ZodType>({ command, core, event, env = {} }: LineProcessOptions<S>): LineProcess<z.output<S>> {
  const [program, ...args] = core === undefined ? command : ["taskset", "-c", String(core), ...command];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command[0]} ended before it answered`);
    return event.parse(JSON.parse(value));
  };
  const send = (each: object) => void child.stdin.write(`${JSON.stringify(each)}\n`);
  return {
    pid: pidOf(child),
    send,
    next,
    ask: (each) => {
      send(each);
      return next();
    },
    [Symbol.asyncDispose]: () => ended(child),
  };
}

function pidOf({ pid, spawnfile }: ChildProcess): number {
  if (pid === undefined) throw new Error(`${spawnfile} could not be started`);
  return pid;
}

/** The end of its input is its end; a program that overlooks it is stopped. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.stdin?.end();
  child.kill("SIGTERM");
  await gone;
}
