import type { Finding, ObjectRef } from "@osm/model";
import type { z } from "zod";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

const mostFindings = 20;
const longestText = 256;

/** What keeps an object from being read: one finding a field, none of them with what the field holds. */
export function unreadable(error: z.ZodError, on: ObjectRef): readonly Finding[] {
  return error.issues.flatMap(faultsOf).slice(0, mostFindings).map(({ path, detail }) => ({
    code: "OBJECT_UNREADABLE", severity: "error", on, field: fieldOf(path), detail: detail.slice(0, longestText),
  }));
}

interface Fault {
  readonly path: Path;
  readonly detail: string;
}

function faultsOf(issue: Issue): readonly Fault[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path: [...issue.path, key], detail: "unknown key" }));
  if (issue.code !== "invalid_union") return [{ path: issue.path, detail: issue.message }];
  // Of the forms a field may have, the one that was read furthest is the one that was meant.
  const inner = issue.errors.flat().flatMap(faultsOf).toSorted((a, b) => b.path.length - a.path.length);
  return [{ path: [...issue.path, ...(inner[0]?.path ?? [])], detail: inner[0]?.detail ?? issue.message }];
}

/** As a user would write it: `spec.rules[0].name`, `metadata.labels["a.b/c"]`. */
export function fieldOf(path: Path): string {
  const parts = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    const key = String(part);
    return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return parts.join("").replace(/^\./, "").slice(0, longestText);
}
