import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { AnySchema, encode, fromYaml, ListenerSchema, packAny, registry, resourceYaml, toJson, toYaml, TypedExtensionConfigSchema } from "../src/index.ts";

const typeUrl = "type.googleapis.com/acme.filter.v1.Shiny";
const shiny = (value: Uint8Array) => create(AnySchema, { typeUrl, value });
const extension = (value: Uint8Array) => encode(TypedExtensionConfigSchema, { name: "shiny", typedConfig: shiny(value) });

describe("a type that is not generated", () => {
  test("is none that we know", () => expect(registry.getMessage("acme.filter.v1.Shiny")).toBeUndefined());

  test("shows its bytes", () => {
    expect(toJson(TypedExtensionConfigSchema, extension(Uint8Array.of(1, 2, 255)))).toEqual({
      name: "shiny",
      typed_config: { "@type": typeUrl, value: "AQL/" },
    });
  });

  test.each([Uint8Array.of(1, 2, 255), Uint8Array.of()])("comes back from YAML with bytes %j", (value) => {
    const bytes = extension(value);
    const text = toYaml(TypedExtensionConfigSchema, bytes);
    expect(encode(TypedExtensionConfigSchema, fromYaml(TypedExtensionConfigSchema, text))).toEqual(bytes);
  });

  test("is found inside known ones", () => {
    const outer = packAny(TypedExtensionConfigSchema, { name: "outer", typedConfig: shiny(Uint8Array.of(7)) });
    const bytes = encode(ListenerSchema, { filterChains: [{ filters: [{ name: "f", configType: { case: "typedConfig", value: outer } }] }] });
    const text = toYaml(ListenerSchema, bytes);
    expect(text).toContain(`"@type": ${typeUrl}\n`);
    expect(encode(ListenerSchema, fromYaml(ListenerSchema, text))).toEqual(bytes);
  });

  test("may be a resource", () => {
    expect(resourceYaml(typeUrl, Uint8Array.of(1))).toBe(`"@type": ${typeUrl}\nvalue: AQ==\n`);
  });

  test("is refused with fields of its own, or none: it may be a misspelt one", () => {
    const misspelt = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Routr';
    const read = (rest: string) => fromYaml(TypedExtensionConfigSchema, `typed_config: {"@type": ${misspelt}${rest}}`);
    expect(() => read(", dynamic_stats: true")).toThrow(/Routr/);
    expect(() => read("")).toThrow(/Routr/);
  });
});

test("an Any of a type of protobuf's own has its value beside the type", () => {
  const struct = fromYaml(AnySchema, '"@type": type.googleapis.com/google.protobuf.Struct\nvalue: {b: 1, a: x}\n');
  expect(toYaml(AnySchema, struct)).toBe('"@type": type.googleapis.com/google.protobuf.Struct\nvalue:\n  a: x\n  b: 1\n');
});

test("an Any without a type is an empty one", () => {
  expect(toJson(AnySchema, create(AnySchema))).toEqual({});
});
