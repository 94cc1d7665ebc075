import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ServiceCommand {
  readonly name: string;
  readonly argv: readonly [program: string, ...args: string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** The processor that it may use; undefined: any. */
  readonly core: number | undefined;
  /** A line of its output that says it serves. */
  readonly ready: RegExp;
}

/** A program that serves until it is disposed. */
export interface ServiceProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
}

const lastWords = 15;

/** Resolves when it serves. @throws Error with its last words when it ends before. */
export async function startServiceProcess({ name, argv, env = {}, core, ready }: ServiceCommand): Promise<ServiceProcess> {
  const [program, ...args] = core === undefined ? argv : ["taskset", "-c", String(core), ...argv];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const dieWithUs = () => void child.kill("SIGKILL");
  process.on("exit", dieWithUs);
  const gone = Promise.withResolvers<string>();
  child.once("error", ({ message }) => gone.resolve(message));
  child.once("exit", (code, signal) => gone.resolve(`ended with ${code ?? signal}`));
  const serves = Promise.withResolvers<void>();
  const said: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      said.push(line);
      if (said.length > lastWords) said.shift();
      if (ready.test(line)) serves.resolve();
    });
  }
  const failed = async () => {
    const how = await gone.promise;
    throw new Error(`${name} ${how}:\n${said.join("\n")}`);
  };
  await Promise.race([serves.promise, failed()]);
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  return {
    name,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      process.off("exit", dieWithUs);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
