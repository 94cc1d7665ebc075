import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { documentOf, rulesNamedIn } from "../rules/document.ts";
import { page, sectionsOnDisk, shownOnDisk } from "../rules/read-scenarios.ts";
import { readSections } from "../rules/rules.ts";

describe("the rules of OSM", () => {
  const sections = sectionsOnDisk();
  const shown = shownOnDisk();
  const ids = sections.flatMap(({ rules }) => rules.map(({ id }) => id));
  const named = shown.flatMap(({ scenario, rules }) => rules.map((rule) => ({ scenario, rule })));

  test("each have a scenario", () => {
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.filter((id) => !named.some(({ rule }) => rule === id))).toEqual([]);
  });
  test("are the only ones that scenarios name, once each", () => {
    expect(named.filter(({ rule }) => !ids.includes(rule))).toEqual([]);
    expect(shown.filter(({ rules }) => new Set(rules).size < rules.length)).toEqual([]);
  });
  test("stand in the document as they are (npm run gen)", () => {
    expect(readFileSync(page, "utf8")).toBe(documentOf(sections, shown));
  });
});

describe("reading", () => {
  const rule = (more: string) => `section: "1"\ntitle: One\nrules:\n- rule: a\n  text: It does.\n${more}`;

  test("takes a rule with its section and its mark", () => {
    expect(readSections(rule("  mark: bug\n  ours: same\n"))).toEqual([
      { section: "1", title: "One", rules: [{ id: "1 a", name: "a", mark: "bug", text: "It does.", ours: "same" }] },
    ]);
  });
  test.each([
    { fault: "no ours", text: rule("") },
    { fault: "neither the same nor different", text: rule("  ours: better\n") },
    { fault: "unknown mark", text: rule("  ours: same\n  mark: oops\n") },
    { fault: "twice", text: rule("  ours: same\n- {rule: a, text: Again., ours: same}\n") },
    { fault: "without rules", text: "section: '1'\ntitle: One\n" },
  ])("refuses what has $fault", ({ fault, text }) => {
    expect(() => readSections(text)).toThrow(fault);
  });
  test("finds rules at the top of a scenario only", () => {
    const input = "# rule: 1 a\n# trust domain: x\n# rule: 1 b\nkind: Pod\n# rule: 1 c\n";
    expect(rulesNamedIn(input)).toEqual(["1 a", "1 b"]);
    expect(rulesNamedIn("kind: Pod\n# rule: 1 c\n")).toEqual([]);
  });
});

test("a page links each rule to the scenarios that show it, and keeps its table whole", () => {
  const rules = [{ id: "1 a", name: "a", mark: undefined, text: "One | or other.", ours: "same" }];
  const written = documentOf([{ section: "1", title: "One", rules }], [{ scenario: "it-is-so", rules: ["1 a"] }, { scenario: "not-so", rules: [] }]);
  expect(written).toContain(String.raw`| a | One \| or other. | same | [it is so](../libs/compile/scenarios/it-is-so/in.yaml) |`);
  expect(written).not.toContain("not-so");
});
