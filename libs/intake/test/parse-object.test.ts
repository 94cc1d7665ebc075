import { factKinds } from "@osm/model";
import { describe, expect, test } from "vitest";
import { headOf, isRead, kinds, parseObject, splitDocuments } from "../src/index.ts";
import { mesh } from "./reading.ts";

const nothing = { value: undefined, findings: [] };

describe("what is not of the mesh", () => {
  test.each([
    ["a kind that nobody reads", { apiVersion: "v1", kind: "Secret", metadata: { name: "a", namespace: "b" }, data: { key: "c2VjcmV0" } }],
    ["a kind of another group", { apiVersion: "example.com/v1alpha3", kind: "TrafficTarget", metadata: { name: "a" } }],
    ["a core kind with a group", { apiVersion: "example.com/v1", kind: "Service", metadata: { name: "a" } }],
    ["an object without a name", { apiVersion: "v1", kind: "Service", metadata: {} }],
    ["a name that is none", { apiVersion: "v1", kind: "Service", metadata: { name: "a/b" } }],
    ["a name that is too long", { apiVersion: "v1", kind: "Service", metadata: { name: "a".repeat(254) } }],
    ["a text", "Service"],
    ["nothing", undefined],
  ])("%s is passed over in silence", (_name, object) => {
    expect(parseObject(object, mesh)).toEqual(nothing);
  });
  test("there is a reader of every kind of fact", () => {
    expect(kinds.map(({ kind }) => kind).toSorted()).toEqual([...factKinds].sort());
  });
});

test("a head is read of any object", () => {
  expect(headOf({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } })).toEqual({
    group: "apps", version: "v1", kind: "Deployment", namespace: "shop", name: "web",
  });
  expect(headOf({ apiVersion: "v1", kind: "Pod", metadata: { name: "web" } })).toMatchObject({ group: "", namespace: "default" });
  expect(headOf({ apiVersion: "v1", kind: "Namespace", metadata: { name: "web", namespace: "shop" } })).toMatchObject({ namespace: "" });
  const head = headOf({ apiVersion: "access.smi-spec.io/v9", kind: "TrafficTarget", metadata: { name: "web" } });
  expect(head && isRead(head)).toBe(true);
});

test("findings hold no more than a little of what an object says", () => {
  const spec = { matches: [{ name: "a", headers: { ["x".repeat(600) + "\n"]: "b" } }] };
  const { findings } = parseObject({ apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name: "a" }, spec }, mesh);
  for (const { field, detail } of findings) expect(Math.max(field.length, detail.length)).toBeLessThanOrEqual(256);
  expect(findings).toHaveLength(1);
});

describe("a manifest", () => {
  const nested = (count: number) => `${"[".repeat(count)}${"]".repeat(count)}`;
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${"bcdef".split("").map((key, at) => `${key}: &${key} [${Array.from({ length: 10 }, () => `*${"abcdef"[at]}`).join(", ")}]`).join("\n")}`;

  test("holds documents, JSON, lists, and nothing", () => {
    expect(splitDocuments("a: 1\n---\n# nothing here\n---\nb: 2\n")).toEqual({ kind: "read", objects: [{ a: 1 }, { b: 2 }] });
    expect(splitDocuments('{"kind": "List", "items": [{"a": 1}, {"b": 2}]}')).toEqual({ kind: "read", objects: [{ a: 1 }, { b: 2 }] });
    expect(splitDocuments("")).toEqual({ kind: "read", objects: [] });
  });
  test("that is broken says where and why", () => {
    expect(splitDocuments("a: 1\nb: [\n")).toMatchObject({ kind: "broken", line: 3, reason: expect.any(String) });
    expect(splitDocuments("a: 1\n---\na: 1\na: 2\n")).toMatchObject({ kind: "broken", line: 4, reason: "DUPLICATE_KEY" });
  });
  test.each([
    ["a bomb of aliases", bomb],
    ["too many bytes", `# ${"x".repeat(5_000_000)}`],
    ["too much depth", nested(100_000)],
    ["depth in YAML's other form", Array.from({ length: 3000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")],
  ])("of %s is broken, and breaks nothing", (_name, text) => {
    expect(splitDocuments(text)).toMatchObject({ kind: "broken" });
  });
});
