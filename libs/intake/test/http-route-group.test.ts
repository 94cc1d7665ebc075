import { describe, expect, test } from "vitest";
import { factOf, foundIn, foundOn, smi } from "./reading.ts";

const v4 = "specs.smi-spec.io/v1alpha4 HTTPRouteGroup";
const v3 = "specs.smi-spec.io/v1alpha3 HTTPRouteGroup";
const group = (matches: string, head = v4) => smi(head, `{matches: ${matches}}`);
const one = (match: string) => factOf(group(`[${match}]`));

function headersOf(headers: string): unknown {
  const fact = one(`{name: a, headers: ${headers}}`);
  return fact?.kind === "HTTPRouteGroup" ? fact.matches[0]?.headers : undefined;
}

describe("an HTTPRouteGroup", () => {
  test.each([v4, v3])("of %s is read", (head) => {
    const text = group("[{name: buy, pathRegex: /buy, methods: [GET, POST], headers: [{Client: a.*}]}]", head);
    expect(foundIn(text)).toEqual([]);
    expect(factOf(text)).toEqual({
      kind: "HTTPRouteGroup", namespace: "shop", name: "it",
      matches: [{ name: "buy", pathRegex: "/buy", methods: ["GET", "POST"], headers: { client: "a.*" } }],
    });
  });
  test("means every path and every method where none is named", () => {
    expect(one("{name: all}")).toMatchObject({ matches: [{ pathRegex: ".*", methods: [], headers: {} }] });
    expect(one('{name: all, pathRegex: "", methods: [], headers: []}')).toEqual(one("{name: all}"));
  });
  test("takes methods in any case and in any order, each once; `*` swallows the others", () => {
    expect(one("{name: a, methods: [put, Get, PUT]}")).toMatchObject({ matches: [{ methods: ["GET", "PUT"] }] });
    expect(one('{name: a, methods: [get, "*"]}')).toMatchObject({ matches: [{ methods: [] }] });
  });
  test.each([
    ["a map", "{User-Agent: x, host: y}"],
    ["a list of maps", "[{user-agent: x}, {Host: y}]"],
    ["a list of one map", "[{HOST: y, USER-AGENT: x}]"],
    ["a list that says it twice", "[{host: y}, {user-agent: x}, {Host: y}]"],
  ])("takes headers as %s", (_form, headers) => {
    expect(headersOf(headers)).toEqual({ ":authority": "y", "user-agent": "x" });
  });
  test("takes an empty pattern for what it says: the header, without a value", () => {
    expect(headersOf('[{x-debug: ""}]')).toEqual({ "x-debug": "^$" });
    expect(headersOf('{x-debug: ""}')).toEqual({ "x-debug": "^$" });
  });
  test("leaves out a match that holds one header against two patterns, and only that", () => {
    const text = group("[{name: a, headers: [{Client: x}, {client: y}]}, {name: b}]");
    expect(factOf(text)).toMatchObject({ matches: [{ name: "b" }] });
    expect(foundIn(text)).toEqual(["ROUTE_HEADER_REPEATED at spec.matches[0].headers (client)"]);
  });
  test("is the same in whatever order its matches stand, also those of one name", () => {
    const matches = ["{name: b}", "{name: a, pathRegex: /y}", "{name: a, pathRegex: /x}", "{name: b}"];
    const fact = factOf(group(`[${matches.join(", ")}]`));
    expect(factOf(group(`[${matches.toReversed().join(", ")}]`))).toEqual(fact);
    expect(fact).toMatchObject({ matches: [{ pathRegex: "/x" }, { pathRegex: "/y" }, { name: "b" }] });
  });
  test("without matches is a group that grants nothing", () => {
    expect(factOf(group("[]"))).toMatchObject({ matches: [] });
    expect(factOf(smi(v4, "{}"))).toMatchObject({ matches: [] });
  });

  test.each([
    ["a method that is none", "[{name: a, methods: [GET, FETCH]}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.methods\[1\] /],
    ["a match without a name", "[{pathRegex: /a}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.name /],
    ["an empty name", '[{name: ""}]', /^OBJECT_UNREADABLE at spec\.matches\[0\]\.name /],
    ["a path that is a number", "[{name: a, pathRegex: 7}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.pathRegex /],
    ["a path left open", "[{name: a, pathRegex: }]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.pathRegex /],
    ["a header that is no token", '[{name: a, headers: {"a b": x}}]', /^OBJECT_UNREADABLE at spec\.matches\[0\]\.headers\["a b"\] /],
    ["a header's pattern that is a list", "[{name: a, headers: [{b: x}, {a: [x]}]}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.headers\[1\]\.a /],
    ["an item that names no header", "[{name: a, headers: [{b: x}, {}]}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.headers\[1\] \(names no header\)$/],
    ["headers that are a text", "[{name: a, headers: x}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.headers /],
    ["a key that is misspelt", "[{name: a, method: [GET]}]", /^OBJECT_UNREADABLE at spec\.matches\[0\]\.method \(unknown key\)$/],
    ["a map instead of a list", "{name: a}", /^OBJECT_UNREADABLE at spec\.matches /],
  ])("with %s is not read", (_name, matches, found) => {
    expect(factOf(group(matches))).toBeUndefined();
    expect(foundIn(group(matches))[0]).toMatch(found);
  });

  test.each(["matches", "headers", "match"])("loses no condition to a key of JavaScript's own (%s)", (where) => {
    const hostile: unknown = JSON.parse('{"__proto__": "x"}');
    const match = where === "headers" ? { name: "a", headers: hostile } : Object.assign(JSON.parse('{"__proto__": "x"}'), { name: "a" });
    const spec = where === "matches" ? { matches: [], ...JSON.parse('{"__proto__": 1}') } : { matches: [match] };
    const object = { apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name: "a", namespace: "shop" }, spec };
    expect(foundOn(object)).not.toEqual([]);
  });
  test("of a thousand matches is read, of one more not", () => {
    const matches = (count: number) => group(`[${Array.from({ length: count }, (_, at) => `{name: m${at}}`).join(", ")}]`);
    expect(foundIn(matches(1000))).toEqual([]);
    expect(foundIn(matches(1001))[0]).toMatch(/^OBJECT_UNREADABLE at spec\.matches /);
  });
  test("says at most twenty things", () => {
    expect(foundIn(group(`[${Array.from({ length: 50 }, () => "7").join(", ")}]`))).toHaveLength(20);
  });
  test.each(["v1alpha1", "v1alpha2"])("of version %s is not read", (version) => {
    expect(foundIn(group("[]", `specs.smi-spec.io/${version} HTTPRouteGroup`))).toEqual([`OBJECT_UNSUPPORTED_VERSION at apiVersion (${version})`]);
  });
});
