import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cruise } from "../boundaries/cruise.ts";
import { reach } from "../boundaries/reach.ts";
import { reachedBy } from "../boundaries/service-reach.ts";

const top = `${import.meta.dirname}/../..`;
const seen = await cruise(top, ["libs", "services", "cli", "demo", "bench", "tools"]);

test("the boundaries hold in this tree", () => {
  expect(seen.modules.length).toBeGreaterThan(50);
  expect(seen.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
});

test("every service has a list", () => {
  expect(readdirSync(`${top}/services`).toSorted()).toEqual(Object.keys(reach).toSorted());
});

describe.each(Object.entries(reach))("%s", (service, listed) => {
  const reached = reachedBy(service, seen);

  test("reaches nothing that is not on its list", () => {
    const surplus = [...reached].filter(([name]) => !listed.includes(name));
    expect(surplus.map(([name, through]) => `${name} through ${through}`)).toEqual([]);
  });
  test("reaches all that is on its list", () => {
    expect(listed.filter((name) => !reached.has(name))).toEqual([]);
  });
});

describe("what a service reaches", () => {
  const file = (source: string, ...to: readonly string[]) => ({
    source,
    dependencies: to.map((resolved) => ({ resolved, dependencyTypes: [] })),
  });
  const summary = { violations: [] };

  test("goes through libs, round a cycle, and names the file that brings it in", () => {
    const modules = [
      file("services/a/src/main.ts", "libs/x/src/index.ts", "fs"),
      file("libs/x/src/index.ts", "libs/y/src/index.ts"),
      file("libs/y/src/index.ts", "libs/x/src/index.ts", "node_modules/.pnpm/@q+z@1/node_modules/@q/z/index.js"),
      file("services/b/src/main.ts", "node_modules/.pnpm/w@1/node_modules/w/index.js"),
    ];
    expect(Object.fromEntries(reachedBy("a", { modules, summary }))).toEqual({
      "@osm/x": "services/a/src/main.ts",
      "@osm/y": "libs/x/src/index.ts",
      "@q/z": "libs/y/src/index.ts",
    });
  });
});
