import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { programPath } from "../../libs/testkit/src/index.ts";

const top = `${import.meta.dirname}/../..`;
export const chart = `${top}/deploy/helm/osm`;

/** What Helm renders with these values, as text. @throws Error with Helm's complaint */
export async function render(...values: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(programPath("helm"), ["template", "osm", chart, "--namespace", "osm-system", ...values], { maxBuffer: 2 ** 24 });
  return stdout;
}

/** What Helm says of the chart with these values; its warnings count. @throws Error with them */
export async function lint(...values: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(programPath("helm"), ["lint", "--strict", chart, "--namespace", "osm-system", ...values]);
  return stdout;
}

export function objectsIn(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document): unknown => document.toJS()).filter((object) => object !== null);
}

/** What lies in a value at a path; undefined where the path ends before. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null && key in inner ? Reflect.get(inner, key) : undefined), value);
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
