import {
  fromBinary,
  fromJson as read,
  toBinary,
  toJson as print,
  type DescMessage,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { canonical, type AnyRewrite } from "./canonical.ts";
import { conceal, openRegistry, reveal } from "./opaque.ts";
import { registry } from "./registry.ts";

/**
 * Canonical protobuf JSON with Envoy's own field names, in the order of field numbers, `@type` first. An Any is
 * expanded; one of an unknown type shows its bytes in base64 as `value`. Fields we do not know are left out.
 * @throws Error when bytes, or those in an Any of a known type, cannot be read.
 */
export function toJson<D extends DescMessage>(schema: D, content: MessageShape<D> | Uint8Array): JsonValue {
  const message = content instanceof Uint8Array ? fromBinary(schema, content) : content;
  const printable = canonical(schema, message, inAny(conceal));
  return typeFirst(print(schema, printable, { registry: openRegistry, useProtoFieldName: true }));
}

/** Reads what `toJson` prints, and field names in camel case. @throws Error on a field or enum value unknown to us. */
export function fromJson<D extends DescMessage>(schema: D, json: JsonValue): MessageShape<D> {
  return canonical(schema, read(schema, json, { registry: openRegistry }), inAny(reveal));
}

/** Goes into each Any of a known type, however deep, and hands the bytes of the others over. */
function inAny(unknown: (bytes: Uint8Array) => Uint8Array): AnyRewrite {
  const rewrite = ({ typeUrl, value }: Any): { typeUrl: string; value: Uint8Array } => {
    if (typeUrl === "") return { typeUrl, value };
    const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
    if (!schema) return { typeUrl, value: unknown(value) };
    return { typeUrl, value: toBinary(schema, canonical(schema, fromBinary(schema, value), rewrite)) };
  };
  return rewrite;
}

function typeFirst(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(typeFirst);
  if (json === null || typeof json !== "object") return json;
  const { "@type": type, ...fields } = json;
  const entries = Object.entries(fields).map(([key, value]): [string, JsonValue] => [key, typeFirst(value)]);
  return Object.fromEntries(type === undefined ? entries : [["@type", type], ...entries]);
}
