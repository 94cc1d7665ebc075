import type { Env } from "@osm/runtime";
import type { Console } from "../console.ts";

/** What every command is given beside its own options. */
export interface Session {
  readonly console: Console;
  readonly env: Env;
  /** The exit code of the command, unless it throws. */
  readonly done: (code: number) => void;
}
