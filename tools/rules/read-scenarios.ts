import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rulesNamedIn, type Shown } from "./document.ts";
import { readSections, type Section } from "./rules.ts";

const top = join(import.meta.dirname, "..", "..");
const scenarios = join(top, "libs", "compile", "scenarios");

/** Where the page is. */
export const page = join(top, "docs", "osm-rules.md");

export function sectionsOnDisk(): readonly Section[] {
  return readSections(readFileSync(join(scenarios, "rules.yaml"), "utf8"));
}

/** Every scenario with the rules that it names, in order of their names. */
export function shownOnDisk(): readonly Shown[] {
  const folders = readdirSync(scenarios, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => name)
    .sort()
    .map((scenario) => ({ scenario, rules: rulesNamedIn(readFileSync(join(scenarios, scenario, "in.yaml"), "utf8")) }));
}
