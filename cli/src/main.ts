import { openConsole } from "./console.ts";
import { osm } from "./osm.ts";

process.exitCode = await osm(process.argv.slice(2), openConsole());
