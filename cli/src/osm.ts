import type { Env } from "@osm/runtime";
import type { Console } from "./console.ts";
import { candidates } from "./frame/candidates.ts";
import { faultOf } from "./frame/fault.ts";
import { spelledOut } from "./frame/arguments.ts";
import { createProgram, switchesOf } from "./program.ts";

/** Does what the user asks for. @returns the exit code. 0: well; 1: not well; 2: it cannot be done as it was asked. */
export async function osm(argv: readonly string[], console: Console, env: Env): Promise<number> {
  let code = 0;
  try {
    const program = createProgram({ console, env, done: (ended) => (code = ended) });
    if (argv[0] === completing) {
      for (const each of candidates(program, argv.slice(1))) console.say(each);
      return 0;
    }
    await program.parseAsync(spelledOut(argv, switchesOf(program)), { from: "user" });
    return code;
  } catch (error) {
    const fault = faultOf(error, console.signal);
    if (!fault) throw error;
    if (fault.message !== "") console.warn(`osm: ${fault.message}`);
    return fault.code;
  }
}

/** What a shell asks with when its user presses Tab: the words so far, the last one unfinished. */
const completing = "__complete";
