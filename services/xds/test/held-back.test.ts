import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mayRevoke } from "../src/held-back.ts";

const scenarios = join(import.meta.dirname, "../../../libs/compile/scenarios");

/** Every name that compilers give to resources of a type, as far as the scenarios show. */
function namesIn(file: string): ReadonlySet<string> {
  const texts = readdirSync(scenarios).flatMap((name) => {
    try {
      return [readFileSync(join(scenarios, name, "out", file), "utf8")];
    } catch {
      return [];
    }
  });
  return new Set(texts.flatMap((text) => [...text.matchAll(/^ {2}name: "?([^"\n]+?)"?$/gm)].map(([, name = ""]) => name)));
}

describe("what may revoke is told by its name, as compilers give it", () => {
  test.each([
    { type: "CDS", file: "clusters.yaml", goesAtOnce: /^(local\||passthrough-outbound$)/, mayWait: /^[^/|]+\/[^/|]+\|/ },
    { type: "LDS", file: "listeners.yaml", goesAtOnce: /^(inbound|outbound)-listener(-ipv6)?$/, mayWait: /^[[\]0-9a-f.:]+:\d+$/ },
    { type: "RDS", file: "routes.yaml", goesAtOnce: /^rds-inbound\.\d+$/, mayWait: /^rds-outbound\./ },
  ] as const)("$type", ({ type, file, goesAtOnce, mayWait }) => {
    const names = [...namesIn(file)];
    expect(names.filter((name) => goesAtOnce.test(name)).length).toBeGreaterThan(0);
    expect(names.filter((name) => mayWait.test(name)).length).toBeGreaterThan(0);
    for (const name of names) expect([name, mayRevoke(type, name)]).toEqual([name, goesAtOnce.test(name) && !mayWait.test(name)]);
    for (const name of names) expect([name, goesAtOnce.test(name) || mayWait.test(name)]).toEqual([name, true]);
  });
});
