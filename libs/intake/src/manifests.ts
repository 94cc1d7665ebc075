import { parseAllDocuments } from "yaml";

/** The objects of one manifest, or why it could not be read at all. */
export type Documents =
  | { readonly kind: "read"; readonly objects: readonly unknown[] }
  | { readonly kind: "broken"; readonly line: number; readonly reason: string };

const mostBytes = 5_000_000;

/** Splits a YAML or JSON manifest into objects; a `List` becomes its items. Aliases are bounded against expansion bombs. */
export function splitDocuments(text: string): Documents {
  if (text.length > mostBytes) return { kind: "broken", line: 0, reason: "manifest is larger than 5 MB" };
  const documents = parseAllDocuments(text, { logLevel: "error" });
  for (const document of documents) {
    const [error] = document.errors;
    if (error) return { kind: "broken", line: error.linePos?.[0].line ?? 0, reason: error.code };
  }
  return toObjects(documents);
}

function toObjects(documents: ReturnType<typeof parseAllDocuments>): Documents {
  try {
    const objects = documents.map((document): unknown => document.toJS({ maxAliasCount: 100 })).filter((object) => object !== null && object !== undefined);
    return { kind: "read", objects: objects.flatMap(itemsOf) };
  } catch {
    return { kind: "broken", line: 0, reason: "too many aliases" };
  }
}

function itemsOf(object: unknown): readonly unknown[] {
  if (typeof object !== "object" || object === null) return [object];
  const items: unknown = Reflect.get(object, "items");
  return Reflect.get(object, "kind") === "List" && Array.isArray(items) ? items : [object];
}
