import { processEnv } from "@osm/runtime";
import { openConsole } from "./console.ts";
import { osm } from "./osm.ts";

async function main(): Promise<void> {
  process.exitCode = await osm(process.argv.slice(2), openConsole(), processEnv());
}

// Not awaited here: in one file that runs alone, modules are CommonJS.
void main();
