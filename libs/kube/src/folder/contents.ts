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

/** A file as it was found. */
export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "gone" }
  /** It is there and cannot be read. */
  | { readonly kind: "refused"; readonly reason: string };

export interface Change {
  readonly contents: Contents;
  readonly events: readonly ClusterEvent[];
}

/** The contents with one file read anew, and what a watcher is told of it. */
export function withFile(contents: Contents, path: string, file: FileText): Change {
  switch (file.kind) {
    case "gone":
      return changed(contents, new Map([...contents].filter(([each]) => each !== path)));
    case "refused":
      return { contents, events: [faultIn(path, 0, file.reason)] };
    case "text":
      return withText(contents, path, file.text);
  }
}

function withText(contents: Contents, path: string, text: string): Change {
  // Truncated by whoever writes it anew; who wants its objects gone deletes the file.
  if (text.trim() === "" && contents.has(path)) return { contents, events: [faultIn(path, 0, "the file is empty")] };
  const documents = splitDocuments(text);
  if (documents.kind === "broken") return { contents, events: [faultIn(path, documents.line, documents.reason)] };
  const { items, strange } = itemsOf(path, documents.objects);
  const { contents: next, events } = changed(contents, new Map(contents).set(path, items));
  return { contents: next, events: strange === 0 ? events : [...events, faultIn(path, 0, `${strange} of its documents are no Kubernetes objects`)] };
}

function faultIn(source: string, line: number, reason: string): ClusterEvent {
  return { kind: "unreadable", source, line, reason };
}

function changed(before: Contents, after: Contents): Change {
  return { contents: after, events: difference(standing(before), standing(after)) };
}

function itemsOf(path: string, objects: readonly unknown[]): { readonly items: ReadonlyMap<string, Item>; readonly strange: number } {
  const items = new Map<string, Item>();
  let strange = 0;
  for (const written of objects) {
    const head = headOf(written);
    const object = withDefaults(written);
    const text = head && textOf(object);
    if (head && text !== undefined) items.set(`${head.group}/${head.kind}/${head.namespace}/${head.name}`, { head, object, source: path, text });
    else strange += 1;
  }
  return { items, strange };
}

/** Undefined for what is nested deeper than any object of Kubernetes. */
function textOf(object: unknown): string | undefined {
  try {
    return canonicalJson(object);
  } catch {
    return undefined;
  }
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
    const old = before.get(key);
    if (old?.text !== item.text || old.source !== item.source) events.push({ kind: "object", object: item.object, source: item.source });
  }
  return events;
}
