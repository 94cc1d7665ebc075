import { clone, isMessage, type DescField, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { reflect, isReflectMessage, type ReflectList, type ReflectMap, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { AnySchema, type Any } from "@bufbuild/protobuf/wkt";
import { inOrder } from "@osm/model";

/** What becomes of each Any that is met. */
export type AnyRewrite = (any: Any) => Pick<Any, "typeUrl" | "value">;

/**
 * A copy whose maps, Structs too, hold their entries in an order of the keys alone: protobuf leaves that order to the
 * writer, and ours would follow insertion. The argument is untouched.
 */
export function canonical<D extends DescMessage>(schema: D, message: MessageShape<D>, rewrite: AnyRewrite): MessageShape<D> {
  const copy = clone(schema, message);
  settle(reflect(schema, copy), rewrite);
  return copy;
}

/**
 * True where `canonical` would give an equal message, if it left each Any as it is. What is no message is a map, a Struct or a
 * oneof, which says its case before its value. False of some maps with whole numbers for keys.
 */
export function isCanonical(content: unknown): boolean {
  if (typeof content !== "object" || content === null || content instanceof Uint8Array) return true;
  if (Array.isArray(content)) return content.every(isCanonical);
  return (isMessage(content) || isSorted(Object.keys(content))) && Object.values(content).every(isCanonical);
}

function isSorted(keys: readonly string[]): boolean {
  let last = "";
  return keys.every((key) => {
    const follows = last <= key;
    last = key;
    return follows;
  });
}

function settle(reflected: ReflectMessage, rewrite: AnyRewrite): void {
  const { message } = reflected;
  if (isMessage(message, AnySchema)) {
    Object.assign(message, rewrite(message));
    return;
  }
  for (const field of reflected.fields) {
    if (reflected.isSet(field)) settleField(reflected, field, rewrite);
  }
}

// Structs and wrappers are handed out as copies; that is why everything settled is also set again.
function settleField(parent: ReflectMessage, field: DescField, rewrite: AnyRewrite): void {
  switch (field.fieldKind) {
    case "scalar":
    case "enum":
      return;
    case "message": {
      const inner = parent.get(field);
      settle(inner, rewrite);
      parent.set(field, inner);
      return;
    }
    case "list":
      settleList(parent.get(field), rewrite);
      return;
    case "map":
      settleMap(parent.get(field), rewrite);
  }
}

function settleList(list: ReflectList, rewrite: AnyRewrite): void {
  for (const [index, item] of list.entries()) {
    if (!isReflectMessage(item)) return;
    settle(item, rewrite);
    list.set(index, item);
  }
}

function settleMap(map: ReflectMap, rewrite: AnyRewrite): void {
  const entries = inOrder(map.entries(), ([key]) => String(key));
  map.clear();
  for (const [key, value] of entries) {
    if (isReflectMessage(value)) settle(value, rewrite);
    map.set(key, value);
  }
}
