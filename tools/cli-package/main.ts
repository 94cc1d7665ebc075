import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cache } from "../images/places.ts";
import { buildProgram } from "./build-program.ts";

const { values } = parseArgs({ options: { into: { type: "string", default: join(cache, "cli") }, helm: { type: "string", default: process.env["HELM_BIN"] ?? "" } } });

if (!existsSync(values.helm)) {
  console.error("there is no Helm to carry: --helm FILE, or HELM_BIN; `node tools/run.mjs cluster build` makes one");
  process.exitCode = 2;
} else {
  const { program, archive, sum } = await buildProgram({ helm: values.helm, into: values.into });
  console.log(`${program}\n${archive}\nsha256 ${sum}`);
}
