import { parse } from "yaml";
import { Unusable } from "../unusable.ts";
import { idleFlags, installFlags, type InstallFlag } from "./install-flags.ts";

type Tree = { readonly [key: string]: unknown };
/** Options as Commander has them: by name, in camel case. */
type Given = Readonly<Record<string, unknown>>;

export interface FlagValues {
  /** Values of the chart, as it nests them. */
  readonly values: Tree;
  /** For options that have no effect any more. */
  readonly notes: readonly string[];
}

/** What the options of an installation come to. @throws Unusable for an option whose value the chart does not know */
export function flagValues(given: Given, chartValues: string): FlagValues {
  const known: unknown = parse(chartValues);
  let values: Tree = {};
  for (const flag of installFlags) {
    const said = given[camel(flag.name)];
    if (said === undefined) continue;
    for (const path of flag.values) {
      if (!isKnown(known, path)) throw new Unusable(`--${flag.name}: the chart has no value ${path}; leave the option out, or name another chart with --osm-chart-path`);
      values = withValue(values, partsOf(path), valueOf(flag, said));
    }
  }
  const idle = Object.entries(idleFlags).filter(([name]) => given[camel(name)] !== undefined);
  return { values, notes: idle.map(([name, { why }]) => `--${name} has no effect any more: ${why}`) };
}

/** Whether a chart has a value: a list's items are whatever they are. */
export function isKnown(chartValues: unknown, path: string): boolean {
  const [names = ""] = path.split("[");
  let place = chartValues;
  for (const name of names.split(".")) {
    if (typeof place !== "object" || place === null || !(name in place)) return false;
    place = Reflect.get(place, name);
  }
  return true;
}

/** A tree with one value more. A part that is a number is a place in a list. */
export function withValue(tree: Tree, parts: readonly string[], value: unknown): Tree {
  const [first = "", second, ...rest] = parts;
  if (second === undefined) return { ...tree, [first]: value };
  if (/^\d+$/.test(second)) return { ...tree, [first]: [rest.length === 0 ? value : withValue({}, rest, value)] };
  const below = tree[first];
  return { ...tree, [first]: withValue(isTree(below) ? below : {}, [second, ...rest], value) };
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function partsOf(path: string): readonly string[] {
  return path.replaceAll("[", ".").replaceAll("]", "").split(".");
}

function valueOf({ kind }: InstallFlag, said: unknown): unknown {
  switch (kind) {
    case "whole":
      return `${String(said)}m`;
    case "truth":
    case "text":
    case "secret":
      return said;
  }
}

function camel(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
}
