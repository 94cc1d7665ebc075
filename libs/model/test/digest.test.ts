import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, compareCodePoints, digestOf, digestOfJson } from "../src/index.ts";

const keys = fc.oneof(fc.constantFrom("", "0", "9", "10", "010", "-1", "a", "B", "é", "\u{1f600}", "\uffff", "__proto__", "constructor"), fc.string({ maxLength: 3 }));
const leaves = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constantFrom(null, undefined, -0, new Date(0), new Uint8Array([3, 1])));
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, leaves, fc.array(tie("value"), { maxLength: 4 }), fc.array(fc.tuple(keys, tie("value")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries))),
}));

/** What canonical JSON is, as plainly as it can be said. */
function plainly(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "object" && inner !== null && !Array.isArray(inner)
    ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => compareCodePoints(a, b)))
    : inner));
}

test("canonical JSON holds all keys in order, at every depth", () => {
  const property = fc.property(values, (value) => {
    expect(canonicalJson(value)).toBe(plainly(value));
  });
  fc.assert(property, { numRuns: 2000 });
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, 10: "", 9: "" })).toBe('{"9":"","10":"","b":[{"c":2,"d":1}]}');
});

test("its argument is left as it is", () => {
  const value = { b: { d: [{ f: 1, e: 2 }], c: 3 }, a: 4 };
  canonicalJson(value);
  expect(JSON.stringify(value)).toBe('{"b":{"d":[{"f":1,"e":2}],"c":3},"a":4}');
});

test("a digest is SHA-256, of a text that of its UTF-8", () => {
  expect(digestOf("ä")).toBe(digestOf(new TextEncoder().encode("ä")));
  expect(digestOf("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(digestOfJson({ b: 1, a: 2 })).toBe(digestOf('{"a":2,"b":1}'));
});
