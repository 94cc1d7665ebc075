import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const main = join(import.meta.dirname, "../src/main.ts");

/** The command line, as a user starts it. */
export interface RunningOsm {
  /** Resolves with the next line that has the words, after the one that was waited for with the same words. Rejects when it ends before. */
  says(words: string): Promise<string>;
  type(line: string): void;
  interrupt(): void;
  /** All it wrote, and its exit code. */
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

export function runOsm(argv: readonly string[], options: { readonly cwd: string; readonly envoyBin: string }): RunningOsm {
  const child = spawn(process.execPath, [main, ...argv], { cwd: options.cwd, env: { ...process.env, ENVOY_BIN: options.envoyBin } });
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  const heard = new Map<string, number>();
  let isOver = false;
  const next = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", (line) => (lines.push(line), next()));
  const untilEnded = async () => {
    const [code]: unknown[] = await once(child, "close");
    isOver = true;
    next();
    return { code: typeof code === "number" ? code : null, text: lines.join("\n") };
  };
  const ended = untilEnded();
  return {
    says: async (words) => {
      for (;;) {
        const changed = wake.promise;
        const found = lines.findIndex((line, index) => index > (heard.get(words) ?? -1) && line.includes(words));
        if (found >= 0) {
          heard.set(words, found);
          return lines[found] ?? "";
        }
        if (isOver) throw new Error(`never said: ${words}\n${lines.join("\n")}`);
        await changed;
      }
    },
    type: (line) => void child.stdin.write(`${line}\n`),
    interrupt: () => void child.kill("SIGINT"),
    ended,
  };
}
