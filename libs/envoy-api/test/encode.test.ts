import type { JsonObject } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { ClusterSchema, decode, encode, fromYaml, HttpRbacSchema, NodeSchema, packAny, RbacRulesSchema, toYaml, typeUrlOf } from "../src/index.ts";
import { cluster, rules } from "./samples.ts";

const policy = rules.policies?.["shop/readers"] ?? {};
const forth = { policies: { a: policy, b: policy, c: policy } };
const back = { policies: { c: policy, b: policy, a: policy } };

describe("equal content gives equal bytes, whatever order it was put together in", () => {
  test("for maps of messages", () => {
    expect(Object.keys(back.policies)).not.toEqual(Object.keys(forth.policies));
    expect(encode(RbacRulesSchema, back)).toEqual(encode(RbacRulesSchema, forth));
  });
  test("for the content of an Any", () => {
    expect(packAny(HttpRbacSchema, { rules: back })).toEqual(packAny(HttpRbacSchema, { rules: forth }));
  });
  test("for Structs, at every depth", () => {
    const withMetadata = (osm: JsonObject) => encode(ClusterSchema, { name: "a", metadata: { filterMetadata: { osm } } });
    expect(withMetadata({ y: [{ q: "1", p: "2" }], x: "3" })).toEqual(withMetadata({ x: "3", y: [{ p: "2", q: "1" }] }));
  });
  test("for a Struct that is a field", () => {
    expect(encode(NodeSchema, { metadata: { b: 1, a: 2 } })).toEqual(encode(NodeSchema, { metadata: { a: 2, b: 1 } }));
  });
  test("for YAML whose types hold maps in any order", () => {
    const text = toYaml(ClusterSchema, encode(ClusterSchema, cluster));
    const turned = text.replace(/( +namespace: shop\n)( +service: bookstore\n)/, "$2$1");
    expect(turned).not.toBe(text);
    expect(encode(ClusterSchema, fromYaml(ClusterSchema, turned))).toEqual(encode(ClusterSchema, cluster));
  });
  test("every time", () => {
    expect(encode(ClusterSchema, cluster)).toEqual(encode(ClusterSchema, cluster));
  });
});

test("different content gives different bytes", () => {
  expect(encode(RbacRulesSchema, { policies: { a: policy } })).not.toEqual(encode(RbacRulesSchema, forth));
});

test("its argument is left as it is", () => {
  const message = decode(RbacRulesSchema, encode(RbacRulesSchema, {}));
  message.policies = decode(RbacRulesSchema, encode(RbacRulesSchema, forth)).policies;
  message.policies = Object.fromEntries(Object.entries(message.policies).toReversed());
  encode(RbacRulesSchema, message);
  expect(Object.keys(message.policies)).toEqual(["c", "b", "a"]);
});

test("an Any carries Envoy's type URL and can be read again", () => {
  const any = packAny(HttpRbacSchema, { rules });
  expect(any.typeUrl).toBe("type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC");
  expect(typeUrlOf(HttpRbacSchema)).toBe(any.typeUrl);
  expect(anyUnpack(any, HttpRbacSchema)).toEqual(decode(HttpRbacSchema, any.value));
});

test("bytes that are no message are refused", () => {
  expect(() => decode(ClusterSchema, Uint8Array.of(0x0a, 0xff))).toThrow();
});
