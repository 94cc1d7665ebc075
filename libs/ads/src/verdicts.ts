import { xdsTypes, type XdsType } from "@osm/model";
import { draftDelete, drafted, draftGet, draftOf, draftSet, type DraftMap } from "./draft-map.ts";
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

type LearntByName = ReadonlyMap<string, Learnt>;

/** Of one view: views may have different contents under one name. */
export interface Verdicts {
  /** Of how many names something is known. */
  readonly size: number;
  /** Apart by type, so that what is learnt of one copies nothing of the others. */
  readonly byType: Readonly<Record<XdsType, LearntByName>>;
}

export type VerdictEvent =
  /** A proxy is known to reject this version (`Answer.guilty`), here or at another replica. */
  | (Item & { readonly kind: "rejected"; readonly words: string })
  /** A proxy has this version and is content: it acknowledged it, or brought it along. */
  | (Item & { readonly kind: "accepted" })
  /** The view's target has this version now, or `absent`. */
  | (Item & { readonly kind: "retarget" });

const noneLearnt: LearntByName = new Map();
export const noVerdicts: Verdicts = {
  size: 0,
  byType: { CDS: noneLearnt, EDS: noneLearnt, ECDS: noneLearnt, LDS: noneLearnt, RDS: noneLearnt, SDS: noneLearnt },
};

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

/** Takes several in their order, at the cost of one copy of what is known of their types. */
export function judgeAll(verdicts: Verdicts, events: Iterable<VerdictEvent>): Verdicts {
  const drafts = new Map<XdsType, DraftMap<Learnt>>();
  for (const event of events) {
    const { type, name } = event;
    const draft = drafts.get(type) ?? draftOf(verdicts.byType[type]);
    drafts.set(type, draft);
    const before = draftGet(draft, name) ?? unknown;
    const after = learn(before, event);
    if (after === unknown) draftDelete(draft, name);
    else if (after !== before) draftSet(draft, name, after);
  }
  const learnt = [...drafts].filter(([type, draft]) => drafted(draft) !== verdicts.byType[type]).map(([type, draft]) => [type, drafted(draft)] as const);
  if (learnt.length === 0) return verdicts;
  const more = learnt.reduce((sum, [type, names]) => sum + names.size - verdicts.byType[type].size, 0);
  return { size: verdicts.size + more, byType: { ...verdicts.byType, ...Object.fromEntries(learnt) } };
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
  return verdicts.byType[item.type].get(item.name)?.quarantined.get(item.version);
}

/** True where some version under the name is kept from the proxies of the view. */
export function isAnyQuarantined(verdicts: Verdicts, { type, name }: Omit<Item, "version">): boolean {
  return (verdicts.byType[type].get(name)?.quarantined.size ?? 0) > 0;
}

/** The version that is known to be sound under the name. Its bytes have to be kept for as long as it is. */
export function lastGood(verdicts: Verdicts, { type, name }: Omit<Item, "version">): string | undefined {
  return verdicts.byType[type].get(name)?.good;
}

/** What is known to be sound, name by name. */
export function* soundItems(verdicts: Verdicts): Iterable<Item> {
  for (const type of xdsTypes) {
    for (const [name, { good }] of verdicts.byType[type]) if (good !== undefined) yield { type, name, version: good };
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
