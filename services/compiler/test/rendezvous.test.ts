import fc from "fast-check";
import { expect, test } from "vitest";
import { ownerOf } from "../src/rendezvous.ts";

const members = fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { minLength: 1, maxLength: 8 });
const keys = Array.from({ length: 300 }, (_, at) => `mesh.osm.v1.view.${at}`);

test("whatever order members are named in, all agree", () => {
  fc.assert(fc.property(members, fc.nat(), (all, turn) => {
    const at = turn % all.length;
    for (const key of keys) expect(ownerOf(key, [...all.slice(at), ...all.slice(0, at)])).toBe(ownerOf(key, all));
  }));
});

test("who comes takes from others and moves nothing between them", () => {
  fc.assert(fc.property(members, (all) => {
    const [newcomer = "", ...rest] = all;
    if (rest.length === 0) return;
    for (const key of keys) {
      const after = ownerOf(key, all);
      if (after !== newcomer) expect(after).toBe(ownerOf(key, rest));
    }
  }));
});

test("each gets about its share, of names that differ in a digit", () => {
  for (const count of [2, 3, 5]) {
    const all = Array.from({ length: count }, (_, at) => `osm-compiler-6d5f8-${at}`);
    const shares = Map.groupBy(Array.from({ length: 6000 }, (_, at) => `mesh.osm.v1.endpoints.shop=002fapp-${at}=007c8080`), (key) => ownerOf(key, all));
    for (const member of all) expect((shares.get(member)?.length ?? 0) * count / 6000).toBeCloseTo(1, 0.8);
  }
});

test("nobody owns anything where nobody is", () => {
  expect(() => ownerOf("key", [])).toThrow(RangeError);
});
