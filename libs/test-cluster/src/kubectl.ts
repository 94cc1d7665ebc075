import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** Runs kubectl and gives what it printed. @throws Error with what it said when it failed. */
export async function runKubectl(program: string, args: readonly string[], stdin = ""): Promise<string> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}).end(stdin);
  const code = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [printed, complaint, ended] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  if (ended !== 0) throw new Error(`kubectl ${args.slice(0, 6).join(" ")}: ${complaint.trim().slice(0, 2000)}`);
  return printed;
}
