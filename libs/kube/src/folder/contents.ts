import { headOf, splitDocuments, type ObjectHead } from "@osm/intake";
import { canonicalJson, compareCodePoints } from "@osm/model";
import type { ClusterEvent } from "../cluster.ts";
import { withDefaults } from "./defaults.ts";

/** One object as a file has it. */
interface Item {
  readonly head: ObjectHead;
  readonly object: unknown;
  readonly source: string;
  readonly text: string;
}

/** What all files say: path → the objects in it, by key. */
export type Contents = ReadonlyMap<string, ReadonlyMap<string, Item>>;

export interface Change {
  readonly contents: Contents;
  readonly events: readonly ClusterEvent[];
}

/** The contents with one file read anew (or gone, without a text), and what a watcher is told of it. */
export function withFile(contents: Contents, path: string, text: string | undefined): Change {
  const next = new Map(contents);
  if (text === undefined) next.delete(path);
  else {
    const documents = splitDocuments(text);
    if (documents.kind === "broken") return { contents, events: [{ kind: "unreadable", source: path, line: documents.line, reason: documents.reason }] };
    next.set(path, itemsOf(path, documents.objects));
  }
  return { contents: next, events: difference(standing(contents), standing(next)) };
}

function itemsOf(path: string, objects: readonly unknown[]): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>();
  for (const written of objects) {
    const head = headOf(written);
    if (!head) continue;
    const object = withDefaults(written);
    items.set(`${head.group}/${head.kind}/${head.namespace}/${head.name}`, { head, object, source: path, text: canonicalJson(object) });
  }
  return items;
}

/** The object that counts under each key: of two files that hold it, the first by path. */
function standing(contents: Contents): ReadonlyMap<string, Item> {
  const found = new Map<string, Item>();
  for (const path of [...contents.keys()].sort(compareCodePoints)) {
    for (const [key, item] of contents.get(path) ?? []) if (!found.has(key)) found.set(key, item);
  }
  return found;
}

function difference(before: ReadonlyMap<string, Item>, after: ReadonlyMap<string, Item>): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  for (const [key, item] of before) if (!after.has(key)) events.push({ kind: "gone", head: item.head });
  for (const [key, item] of after) {
    if (before.get(key)?.text !== item.text) events.push({ kind: "object", object: item.object, source: item.source });
  }
  return events;
}
