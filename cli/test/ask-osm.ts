import type { Env } from "@osm/runtime";
import { osm } from "../src/osm.ts";

export interface Asked {
  readonly code: number;
  /** To its standard output. */
  readonly said: string;
  readonly warned: string;
}

export interface AskOptions {
  readonly env?: Env;
  /** What somebody types when asked. */
  readonly typed?: readonly string[];
}

/** The command line in this process, with a home that has no settings. */
export async function askOsm(argv: readonly string[], { env = {}, typed = [] }: AskOptions = {}): Promise<Asked> {
  const said: string[] = [];
  const warned: string[] = [];
  const console = { say: (line: string) => void said.push(line), warn: (line: string) => void warned.push(line), lines: () => each(typed), signal: new AbortController().signal };
  const code = await osm(argv, console, { HOME: "/dev/null/nowhere", ...env });
  return { code, said: said.join("\n"), warned: warned.join("\n") };
}

async function* each(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}
