// The one entry: `node tools/run.mjs <command> [args]`. It needs nothing but Node 20 and npm; it brings the rest itself.
import { commands, usage } from "./run/commands.mjs";
import { Missing } from "./run/progress.mjs";

const [name = "help", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;

if (command === undefined) {
  console.error(usage(name));
  process.exitCode = name === "help" ? 0 : 2;
} else {
  process.exitCode = await command.run(args).catch(explain);
}

/** What the machine lacks is said in a sentence; anything else is our mistake and keeps its stack. */
function explain(error) {
  console.error(error instanceof Missing ? `osm: ${error.message}` : error);
  if (command.tallies) console.log("0 passed, 1 failed");
  return 1;
}
