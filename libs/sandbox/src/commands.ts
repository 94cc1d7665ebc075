import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** How a command ended. A signal counts as a shell counts it: 128 and its number. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of ours that runs, or did. */
export interface Running {
  readonly pid: number;
  /** Its exit code, once it has ended; never rejects. */
  readonly ended: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

export interface PipedProcess extends Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** One of the sandbox's own tools failed, or could not be started: `ip`, `iptables-restore`, `mount` ... */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** A socket that the reaper watches. Whoever has it open counts as the sandbox being alive. */
export type Life = Writable;

/** On which descriptor a command has it. */
export const lifeDescriptor = 3;

export type Environment = Readonly<Record<string, string>>;

/** Administrators' tools are found even if the caller's PATH does not say where. */
export const searchPath = `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`;

/**
 * Runs one of the system's own tools to its end.
 * @throws CommandFailed with what it wrote to stderr.
 */
export async function runTool(argv: readonly string[], life: Life, input = ""): Promise<string> {
  const outcome = await runToEnd(startPiped(argv, life, { PATH: searchPath }), input);
  if (outcome.code !== 0) throw new CommandFailed(`${argv.join(" ")}: ${outcome.stderr.trim() || `exit code ${outcome.code}`}`);
  return outcome.stdout;
}

/** What it still reads and writes when the process ends goes on until its pipes close. */
export function startPiped(argv: readonly string[], life: Life, env: Environment): PipedProcess {
  const child = start(argv, env, ["pipe", "pipe", "pipe", life]);
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new CommandFailed(`no pipes to ${argv.join(" ")}`);
  // Who ends before having read its input is judged by its exit code, not by the broken pipe.
  stdin.on("error", () => undefined);
  return { ...runningOf(child, argv), stdin, stdout, stderr };
}

/** Both outputs go to an open file, so that neither a slow nor a dead reader ever hinders the process. */
export function startLogged(argv: readonly string[], life: Life, to: { readonly env: Environment; readonly fd: number }): Running {
  return runningOf(start(argv, to.env, ["ignore", to.fd, to.fd, life]), argv);
}

export async function runToEnd(child: PipedProcess, input = ""): Promise<Outcome> {
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), child.ended]);
  return { code, stdout, stderr };
}

function start(argv: readonly string[], env: Environment, stdio: StdioOptions): ChildProcess {
  const [file = "", ...args] = argv;
  return spawn(file, args, { env: { ...env }, stdio });
}

function runningOf(child: ChildProcess, argv: readonly string[]): Running {
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  child.once("error", () => resolve(127));
  if (child.pid === undefined) throw new CommandFailed(`cannot start ${argv[0] ?? "nothing"}: is it installed?`);
  return { pid: child.pid, ended: promise, kill: (signal) => void child.kill(signal) };
}
