import { emptyState, fold, foldAll, type Fact, type MeshState, type Numbered } from "@osm/model";
import fc from "fast-check";
import { expect, test } from "vitest";

const kinds = ["ServiceAccount", "Namespace"] as const;
const fact: fc.Arbitrary<Fact> = fc
  .record({ kind: fc.constantFrom(...kinds), namespace: fc.constantFrom("a", "b", "c"), name: fc.constantFrom("one", "two", "three") })
  .map(({ kind, namespace, name }) => (kind === "Namespace" ? { kind, namespace: "", name } : { kind, namespace, name }));
const numbered = fc.array(fc.record({ fact, isGone: fc.boolean() }), { maxLength: 20 }).map((all) =>
  all.map((each, at): Numbered => ({ observation: each.isGone ? { gone: each.fact } : { fact: each.fact }, revision: at + 1 })),
);

function oneByOne(state: MeshState, all: readonly Numbered[]): MeshState {
  return all.reduce((folded, { observation, revision }) => fold(folded, observation, revision), state);
}

test("many folded at once are what they are one by one, and what stood before is untouched", () => {
  fc.assert(fc.property(numbered, numbered, (first, second) => {
    const before = oneByOne(emptyState, first);
    const copy = structuredClone(before);
    expect(foldAll(before, second)).toEqual(oneByOne(before, second));
    expect(before).toEqual(copy);
    expect(foldAll(emptyState, first)).toEqual(before);
  }));
});

test("namespaces and kinds that nothing was said of are the very same", () => {
  const account = (namespace: string, name: string): Fact => ({ kind: "ServiceAccount", namespace, name });
  const before = foldAll(emptyState, [account("a", "one"), account("b", "one")].map((each, at) => ({ observation: { fact: each }, revision: at + 1 })));
  const after = fold(before, { fact: account("a", "two") }, 3);
  expect(after.facts.ServiceAccount.get("b")).toBe(before.facts.ServiceAccount.get("b"));
  expect(after.facts.ServiceAccount.get("a")).not.toBe(before.facts.ServiceAccount.get("a"));
  expect(after.facts.Pod).toBe(before.facts.Pod);
  expect(foldAll(before, [])).toEqual(before);
});
