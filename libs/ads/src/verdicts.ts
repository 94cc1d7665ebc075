import { xdsTypes, type XdsType } from "@osm/model";
import { isVersion } from "./holding.ts";
import type { VersionedName } from "./protocol.ts";

/** One version of one resource. */
export interface Item extends VersionedName {
  readonly type: XdsType;
}

/** What the proxies of one view taught about what is under one name. */
interface Learnt {
  /** The target's version, once told. */
  readonly wanted: string | undefined;
  /** The version that a proxy accepted last, and none had rejected before. */
  readonly good: string | undefined;
  /** Versions that a proxy rejected since the target moved last, with Envoy's words. */
  readonly quarantined: ReadonlyMap<string, string>;
}

/** Of one view: views may have different contents under one name. */
export type Verdicts = ReadonlyMap<string, Learnt>;

export type VerdictEvent =
  /** A proxy is known to reject this version (`Answer.guilty`), here or at another replica. */
  | (Item & { readonly kind: "rejected"; readonly words: string })
  /** A proxy has this version and is content: it acknowledged it, or brought it along. */
  | (Item & { readonly kind: "accepted" })
  /** The view's target has this version now, or `absent`. */
  | (Item & { readonly kind: "retarget" });

export const noVerdicts: Verdicts = new Map();

const noWords: ReadonlyMap<string, string> = new Map();
const unknown: Learnt = { wanted: undefined, good: undefined, quarantined: noWords };

/**
 * Takes what a proxy said, or a move of the target. The first proxy to speak decides about a version: what was accepted
 * before it was rejected is sound, and who rejects it is alone with its trouble. A verdict stands until the target moves
 * to another version, whoever accepts this one after it.
 */
export function judge(verdicts: Verdicts, event: VerdictEvent): Verdicts {
  return judgeAll(verdicts, [event]);
}

/** Takes several in their order, at the cost of one copy. */
export function judgeAll(verdicts: Verdicts, events: Iterable<VerdictEvent>): Verdicts {
  let next: Map<string, Learnt> | undefined;
  for (const event of events) {
    const key = keyOf(event);
    const before = (next ?? verdicts).get(key) ?? unknown;
    const after = learn(before, event);
    if (after === before) continue;
    next ??= new Map(verdicts);
    if (after === unknown) next.delete(key);
    else next.set(key, after);
  }
  return next ?? verdicts;
}

function learn(before: Learnt, event: VerdictEvent): Learnt {
  const { version } = event;
  const isJudged = before.good === version || before.quarantined.has(version);
  switch (event.kind) {
    case "rejected":
      return isJudged ? before : { ...before, quarantined: new Map(before.quarantined).set(version, event.words) };
    case "accepted":
      return isJudged || isOutdated(before, version) ? before : { ...before, good: version };
    case "retarget":
      return version === "absent" ? unknown : moved(before, version);
  }
}

/** A slow proxy's answer does not make an older version the last good one. */
function isOutdated({ wanted, good }: Learnt, version: string): boolean {
  return good !== undefined && wanted !== undefined && version !== wanted;
}

/** A verdict may come before the target does: that of a replica which was faster. */
function moved(before: Learnt, version: string): Learnt {
  if (version === before.wanted) return before;
  const words = before.quarantined.get(version);
  return { ...before, wanted: version, quarantined: words === undefined ? noWords : new Map([[version, words]]) };
}

/** Envoy's words about a version that is kept from the proxies of the view; undefined when it is not. */
export function quarantineOf(verdicts: Verdicts, item: Item): string | undefined {
  return verdicts.get(keyOf(item))?.quarantined.get(item.version);
}

/** The version that is known to be sound under the name. Its bytes have to be kept for as long as it is. */
export function lastGood(verdicts: Verdicts, item: Omit<Item, "version">): string | undefined {
  return verdicts.get(keyOf(item))?.good;
}

/** What is known to be sound, name by name. */
export function* soundItems(verdicts: Verdicts): Iterable<Item> {
  for (const [key, { good }] of verdicts) {
    const type = xdsTypes.find((each) => key.startsWith(`${each}/`));
    if (type && good !== undefined) yield { type, name: key.slice(type.length + 1), version: good };
  }
}

/**
 * What a proxy is to have in place of the target's version: that one itself, or, while it is kept from the proxy, the last
 * good one. Where none is known a proxy keeps what it has and a new one waits (`pending`).
 */
export function servedVersion(verdicts: Verdicts, item: Item, isHeld = false): string {
  if (!isVersion(item.version) || (!isHeld && quarantineOf(verdicts, item) === undefined)) return item.version;
  return lastGood(verdicts, item) ?? "pending";
}

function keyOf({ type, name }: Omit<Item, "version">): string {
  return `${type}/${name}`;
}
