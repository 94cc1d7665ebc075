import { scenarios } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { goldenFiles } from "./golden-files.ts";
import { compiled } from "./mesh-of.ts";

// A scenario with the comment `# same as: <another>` says the same in other words, such as an older version of a kind.
const all = scenarios(`${import.meta.dirname}/../scenarios`);
const pairs = all.flatMap(({ name, input }) => [...input.matchAll(/^# same as: (\S+)$/gm)].map(([, other = ""]) => ({ name, input, other })));

test("there are such scenarios", () => {
  expect(pairs.length).toBeGreaterThan(0);
});

describe.each(pairs)("$name", ({ input, other }) => {
  const model = all.find(({ name }) => name === other)?.input ?? "";

  test("is written otherwise", () => {
    expect(withoutComments(input)).not.toBe(withoutComments(model));
  });
  test(`gives the same resources as ${other}`, () => {
    const files = goldenFiles(compiled(input));
    expect(files.size).toBeGreaterThan(1);
    expect(files).toEqual(goldenFiles(compiled(model)));
  });
});

function withoutComments(input: string): string {
  return input.replaceAll(/^#.*\n/gm, "");
}
