import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { top, version } from "../images/places.ts";
import { services } from "../images/recipes.ts";
import { billOfMaterials } from "./cyclonedx.ts";
import { nodeVersion, runtimePackages } from "./lockfile.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { into: { type: "string", default: "." } } });

try {
  const lockfile = readFileSync(join(top, "pnpm-lock.yaml"), "utf8");
  mkdirSync(values.into, { recursive: true });
  for (const service of positionals.length > 0 ? positionals : services) {
    const bill = billOfMaterials({ name: `osm-${service}`, version, node: nodeVersion(lockfile), packages: runtimePackages(lockfile, `services/${service}`) });
    const file = join(values.into, `osm-${service}.cdx.json`);
    writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
    console.log(file);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
