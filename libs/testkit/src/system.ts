import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { processEnv, type Env } from "@osm/runtime";

/** What a test may find on the machine it runs on. */
export interface System {
  readonly env: Env;
  readonly uid: number;
  /** True when the command ends with 0. */
  runs(command: string, ...args: readonly string[]): boolean;
  /** Where a program lies: the file that its variable names, else the first of that name on the PATH. */
  find(program: string, variable?: string): string | undefined;
}

export function thisSystem(): System {
  const env = processEnv();
  return {
    env,
    uid: process.getuid?.() ?? -1,
    runs: (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0,
    find: (program, variable) => {
      const named = variable === undefined ? undefined : env[variable];
      const places = named === undefined ? (env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, program)) : [named];
      return places.find(isExecutable);
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
