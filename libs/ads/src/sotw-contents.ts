import type { XdsType } from "@osm/model";
import { compareCodePoints, digestOfJson } from "@osm/model";
import type { Holding } from "./holding.ts";
import { isVersion, possibleVersions } from "./holding.ts";
import type { DeltaSend, Target } from "./protocol.ts";
import type { SotwSend } from "./sotw-protocol.ts";
import type { Look } from "./stream-state.ts";
import { holdingOf } from "./stream-state.ts";
import type { Item } from "./verdicts.ts";

/** Of these a response holds all, and what is left out is removed. */
export function isWholeSet(type: XdsType): boolean {
  return type === "CDS" || type === "LDS";
}

/** The version that stands for exactly these names and versions. */
export function versionOfContents(contents: ReadonlyMap<string, string>): string {
  return digestOfJson([...contents].toSorted(([a], [b]) => compareCodePoints(a, b)));
}

/** All that the target has of a type, as far as these names ask for it. */
export function wantedContents(target: Target, type: XdsType, names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const listed = names.has("*") ? [...target.names(type), ...names] : [...names];
  return new Map(listed.map((name) => [name, target.version(type, name)] as const).filter(([, version]) => isVersion(version)));
}

/** The response that brings the proxy what one of the incremental protocol would. */
export function wholeOf(look: Look, { type, nonce, put, removed }: DeltaSend): SotwSend {
  const before = heldBefore(look, type);
  const after = new Map([...before, ...put.map(({ name, version }) => [name, version] as const)]);
  for (const name of removed) after.delete(name);
  const holds = new Map([...after].filter(([, version]) => version !== unsure));
  const resources = isWholeSet(type) ? [...holds].map(([name, version]) => ({ name, version })) : put;
  return { type, nonce, version: versionOfContents(after), resources, holds };
}

/** Stands for a holding in doubt, which a response that does not hold it leaves so; no contents have it. */
const unsure = "doubt";

function heldBefore(look: Look, type: XdsType): ReadonlyMap<string, string> {
  const { wildcard, names, deviations } = look.types[type];
  const known = new Set([...(wildcard ? look.target.names(type) : []), ...names, ...deviations.keys()]);
  const held = new Map<string, string>();
  for (const name of known) {
    const version = sayable(holdingOf(look, type, name), isWholeSet(type));
    if (version !== undefined) held.set(name, version);
  }
  return held;
}

/** A whole set settles what is in doubt: it gives back what was held for sure, or takes away what may be there. */
function sayable(holding: Holding, whole: boolean): string | undefined {
  switch (holding.kind) {
    case "none":
    case "told":
      return undefined;
    case "one":
      return holding.version;
    case "doubt":
      return whole ? holding.had : unsure;
  }
}

/**
 * Clusters and listeners that the proxy may have, and which a response may have to name once more: their bytes are needed for
 * as long as they are among these.
 */
export function* mayBeNamedAgain(look: Look): Iterable<Item> {
  for (const type of ["CDS", "LDS"] as const) {
    const { wildcard, names, deviations, inFlight } = look.types[type];
    const known = new Set([...(wildcard ? look.target.names(type) : []), ...names, ...deviations.keys()]);
    for (const name of known) for (const version of possibleVersions(holdingOf(look, type, name))) yield { type, name, version };
    for (const put of inFlight?.put ?? []) yield { type, ...put };
  }
}
