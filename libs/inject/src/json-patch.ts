import { canonicalJson } from "@osm/model";
import type { Json, JsonObject } from "./json.ts";

/** An operation of a JSON patch (RFC 6902 §4). */
export interface PatchOperation {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: Json;
}
export type JsonPatch = readonly PatchOperation[];

interface Named {
  readonly name: string;
}

/** Brings entries into a map at a path; those that are there already cost nothing. */
export function mapPatch(path: string, found: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): JsonPatch {
  const missing = Object.entries(wanted).filter(([key, value]) => found[key] !== value);
  if (missing.length === 0) return [];
  if (Object.keys(found).length === 0) return [{ op: "add", path, value: Object.fromEntries(missing) }];
  return missing.map(([key, value]) => ({ op: "add", path: `${path}/${escaped(key)}`, value }));
}

/**
 * Brings named items into a list at a path: one that is there under its name is replaced where it stands, if it differs; the
 * others are added at the given end, in their order.
 */
export function listPatch({ path, found, end }: { readonly path: string; readonly found: readonly Named[]; readonly end: "first" | "last" }, wanted: readonly (JsonObject & Named)[]): JsonPatch {
  const at = (item: Named): number => found.findIndex(({ name }) => name === item.name);
  const replaced = wanted.filter((item) => at(item) >= 0 && canonicalJson(found[at(item)]) !== canonicalJson(item));
  const added = wanted.filter((item) => at(item) < 0);
  return [
    ...replaced.map((value): PatchOperation => ({ op: "replace", path: `${path}/${at(value)}`, value })),
    ...(found.length === 0 && added.length > 0 ? [{ op: "add" as const, path, value: added }] : added.map((value, index) => addition(path, end === "first" ? String(index) : "-", value))),
  ];
}

function addition(path: string, at: string, value: Json): PatchOperation {
  return { op: "add", path: `${path}/${at}`, value };
}

/** A key as a reference token of a JSON pointer (RFC 6901 §3). */
function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
