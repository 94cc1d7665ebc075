import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentsOf, reversed, scenarios, shuffled } from "../src/index.ts";

const text = `# licence
---
# the first
a: 1
---
---
b: |
  ----
  text
--- {c: 3}
`;

describe("the documents of a YAML text", () => {
  test("are split at markers, empty ones left out", () => {
    expect(documentsOf(text)).toEqual(["---\n# the first\na: 1", "---\nb: |\n  ----\n  text", "--- {c: 3}"]);
    expect(documentsOf("a: 1\n")).toEqual(["---\na: 1"]);
  });

  test("can be reversed, and back", () => {
    expect(reversed(text)).toBe("--- {c: 3}\n---\nb: |\n  ----\n  text\n---\n# the first\na: 1\n");
    expect(documentsOf(reversed(reversed(text)))).toEqual(documentsOf(text));
  });

  test("are shuffled by the seed alone, none lost", () => {
    const many = Array.from({ length: 20 }, (_, n) => `---\nn: ${n}\n`).join("");
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(shuffled(many, seed)).toBe(shuffled(many, seed));
        expect(documentsOf(shuffled(many, seed)).toSorted()).toEqual(documentsOf(many).toSorted());
      }),
    );
    expect(new Set([1, 2, 3, 4, 5].map((seed) => shuffled(many, seed))).size).toBe(5);
  });
});

describe("scenarios", () => {
  const root = `${import.meta.dirname}/fixtures/scenarios`;

  test("are the folders, in order, with what goes in and what must come out", () => {
    const [first, second] = scenarios(root);
    expect(first).toMatchObject({ name: "one-input-and-goldens", dir: `${root}/one-input-and-goldens`, input: "kind: A\n", goldens: ["findings.yaml", "out/a.yaml", "out/b.yaml"] });
    expect(first?.golden("out/a.yaml")).toBe(`${root}/one-input-and-goldens/out/a.yaml`);
    expect(second).toMatchObject({ name: "several-inputs", input: "kind: First\n---\nkind: Second\n", goldens: ["findings.yaml"] });
  });

  test("without input are refused", () => {
    expect(() => scenarios(`${root}/one-input-and-goldens/..`)).not.toThrow();
    expect(() => scenarios(`${import.meta.dirname}/fixtures`)).toThrow("scenario without input: run");
  });
});
