import type { JsonPatch } from "@osm/inject";

type Node = Record<string, unknown> | unknown[];

/** What an API server makes of the operations that injection uses (RFC 6902 §4.1, §4.3). */
export function applyPatch(object: unknown, patch: JsonPatch): unknown {
  const copy: unknown = structuredClone(object);
  for (const { op, path, value } of patch) {
    const keys = path.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop() ?? "";
    set(keys.reduce(child, nodeOf(copy)), last, { op, value: structuredClone(value) });
  }
  return copy;
}

function set(node: Node, key: string, { op, value }: { readonly op: "add" | "replace"; readonly value: unknown }): void {
  if (!Array.isArray(node)) {
    if (op === "replace" && !(key in node)) throw new Error(`nothing to replace at ${key}`);
    node[key] = value;
    return;
  }
  const at = key === "-" ? node.length : Number(key);
  if (at > node.length || (op === "replace" && at === node.length)) throw new Error(`no such place: ${key}`);
  node.splice(at, op === "replace" ? 1 : 0, value);
}

function child(node: Node, key: string): Node {
  return nodeOf(Array.isArray(node) ? node[Number(key)] : node[key]);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

function nodeOf(value: unknown): Node {
  if (!isNode(value)) throw new Error("path leads nowhere");
  return value;
}
