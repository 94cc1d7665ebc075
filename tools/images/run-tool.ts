import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface ToolOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and gives what it printed. @throws Error with its complaint */
export async function runTool(program: string, args: readonly string[], { stdin = "", env = {}, cwd, signal }: ToolOptions = {}): Promise<string> {
  const child = spawn(program, args, { stdio: "pipe", env: { ...process.env, ...env }, ...(cwd !== undefined && { cwd }), ...(signal && { signal }) });
  child.stdin.on("error", () => {}).end(stdin);
  const ended = new Promise<number | null>((resolve, reject) => void child.once("error", reject).once("close", resolve));
  const [printed, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${program} ${args.slice(0, 6).join(" ")} ended with ${code}: ${complaint.trim().slice(-2000)}`);
  return printed;
}
