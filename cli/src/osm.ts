import { version } from "@osm/runtime";
import { Command, CommanderError } from "commander";
import { addDev } from "./commands/dev.ts";
import type { Console } from "./console.ts";
import { Unusable } from "./dev/own-manifests.ts";

/** Does what the user asks for. @returns the exit code. 0: well; 1: not well; 2: it cannot be done as it was asked. */
export async function osm(argv: readonly string[], console: Console): Promise<number> {
  let code = 0;
  const output = { writeOut: (text: string) => console.say(text.trimEnd()), writeErr: (text: string) => console.warn(text.trimEnd()) };
  const program = new Command("osm").description("Open Service Mesh").version(version).exitOverride().configureOutput(output).showSuggestionAfterError();
  addDev(program, console, (ended) => (code = ended));
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Unusable)) throw error;
    console.warn(`osm: ${error.message}`);
    return 2;
  }
}
