import { isAnyQuarantined, judgeAll, lastGood, noVerdicts, servedVersion, type Answer, type Item, type VerdictEvent, type Verdicts } from "@osm/ads";
import { parseDigest, type Digest } from "@osm/model";
import type { VerdictPayload } from "@osm/wire";
import { mayRevoke } from "./held-back.ts";
import { accompanied, asSaid, companionsOf, type Companions } from "./left-behind.ts";
import { movedBetween, refIn } from "./listing.ts";
import { isJudgedType, listedTypes, sealedKey, type ActiveView, type ListedType, type World } from "./world.ts";

/** True while the view wants the version that was rejected. */
export function lists({ listed }: ActiveView, { type, name, digest }: VerdictPayload): boolean {
  return refIn(listed[type], name)?.digest === digest;
}

/**
 * Whether a verdict stands in the way of a view. What may revoke is refused in the name of none but its own proxies: rules that
 * let nobody in are the same bytes everywhere, and a hostile pod that refuses its own would keep everybody's revoked callers.
 */
export function binds(view: ActiveView, verdict: VerdictPayload): boolean {
  return lists(view, verdict) && (!mayRevoke(verdict.type, verdict.name) || verdict.by.includes(view.payload.id));
}

/** Views that a verdict stands in the way of. */
export function viewsBoundBy(world: World, verdict: VerdictPayload): readonly ActiveView[] {
  return [...world.views.values()].filter((view) => binds(view, verdict));
}

/** What is said of one version by two replicas, or of proxies of two views. */
export function merged(known: VerdictPayload | undefined, verdict: VerdictPayload): VerdictPayload {
  if (!known) return verdict;
  const isNew = ({ type, name, digest }: VerdictPayload["sound"][number]) => !verdict.sound.some((each) => each.type === type && each.name === name && each.digest === digest);
  return {
    ...verdict,
    by: [...new Set([...known.by, ...verdict.by])].toSorted(),
    lastGood: { ...known.lastGood, ...verdict.lastGood },
    beside: { ...known.beside, ...verdict.beside },
    sound: [...verdict.sound, ...known.sound.filter(isNew)],
  };
}

export function itemOf({ type, name, digest }: VerdictPayload): Item {
  return { type, name, version: digest };
}

/** Takes events of one view into what is known of it. */
export function learn(world: World, { payload: { id } }: ActiveView, events: Iterable<VerdictEvent>): void {
  const before = world.verdicts.get(id) ?? noVerdicts;
  const after = judgeAll(before, events);
  if (after.size > 0) world.verdicts.set(id, after);
  else world.verdicts.delete(id);
}

/** Holds a verdict against a view that lists the version. What the view had before it is believed where nothing is known here. */
export function sentence(world: World, view: ActiveView, verdict: VerdictPayload): void {
  const [item, good] = [itemOf(verdict), verdict.lastGood[view.payload.id]];
  const knows = goodOf(world, view, verdict) !== undefined;
  const accepted: readonly VerdictEvent[] = good === undefined || knows ? [] : [{ kind: "accepted", ...item, version: good }];
  learn(world, view, [...accepted, { kind: "retarget", ...item }, { kind: "rejected", ...item, words: verdict.words }]);
}

/** The version that is known to be sound in a view under the name of a rejected one. */
export function goodOf(world: World, { payload: { id } }: ActiveView, verdict: VerdictPayload): Digest | undefined {
  const good = lastGood(world.verdicts.get(id) ?? noVerdicts, itemOf(verdict));
  return good === undefined ? undefined : parseDigest(good);
}

/**
 * The view as it is to be served: a rejected version gives way to the last good one with all that this needs, or is waited for
 * where something of that lacks.
 */
export function withStandIns(world: World, view: ActiveView): ActiveView {
  const said = asSaid(view);
  const instead = new Map<string, string>();
  const companions: Companions[] = [];
  const verdicts = world.verdicts.get(view.payload.id) ?? noVerdicts;
  for (const verdict of world.rejected.values()) {
    if (!binds(said, verdict)) continue;
    const { type, name, digest } = verdict;
    const version = servedVersion(verdicts, itemOf(verdict));
    if (version === digest) continue;
    const beside = world.sealed[type].has(version) ? companionsOf(world, said, { type, version, left: leftOf(said, verdict) }) : undefined;
    instead.set(sealedKey(type, name), beside ? version : "pending");
    if (beside) companions.push(beside);
  }
  const served = accompanied({ ...said, instead }, companions);
  return isServedAlike(view, served) ? view : served;
}

/** With what others know of it. */
export function leftOf({ payload, left }: ActiveView, { beside, sound }: VerdictPayload): ActiveView["left"] {
  const known = (beside[payload.id] ?? []).flatMap((each) => sound.filter(({ type, digest, name }) => type === each.type && digest === each.digest && name === each.name));
  return [...left, ...known.filter(({ type, name }) => !left.some((each) => each.type === type && each.name === name))];
}

function isServedAlike(before: ActiveView, after: ActiveView): boolean {
  const isSame = (type: "CDS" | "RDS") => movedBetween(before.listed[type], after.listed[type]).length === 0;
  const { instead } = after;
  return instead.size === before.instead.size && [...instead].every(([key, version]) => before.instead.get(key) === version) && isSame("CDS") && isSame("RDS");
}

/**
 * The view became another one: verdicts on versions that it has left are past. What was only accepted needs no word: whoever is
 * heard next of that name says first what the view lists.
 */
export function learnMove(world: World, before: ActiveView, after: ActiveView): void {
  const known = world.verdicts.get(after.payload.id);
  if (!known) return;
  const moves: VerdictEvent[] = [];
  for (const type of listedTypes) {
    for (const { name, before: old, after: now } of movedBetween(before.listed[type], after.listed[type])) {
      if (old && (!now || isAnyQuarantined(known, { type, name }))) moves.push({ kind: "retarget", type, name, version: now?.digest ?? "absent" });
    }
  }
  if (moves.length > 0) learn(world, after, moves);
}

/** Versions of one list that are known to be sound, as far as they were asked for, by what is known. */
const sound = new WeakMap<Verdicts, WeakMap<ActiveView["listed"][ListedType], Set<string>>>();

/** What the view's proxies hold and are content with. Where one of them has said so it costs little to hear it of the others. */
export function learnAccepted(world: World, view: ActiveView, { type, put }: Pick<Answer, "type" | "put">): void {
  if (!isJudgedType(type)) return;
  const [known, listed] = [world.verdicts.get(view.payload.id) ?? noVerdicts, view.listed[type]];
  const said = soundIn(known, listed);
  const isNew = (item: Item, wanted: string): boolean => {
    if (wanted === item.version && said.has(item.name)) return false;
    if (lastGood(known, item) !== item.version) return true;
    if (wanted === item.version) said.add(item.name);
    return false;
  };
  const events: VerdictEvent[] = [];
  for (const each of put) {
    const [item, wanted] = [{ type, ...each }, refIn(listed, each.name)?.digest];
    if (wanted !== undefined && isNew(item, wanted)) events.push({ ...item, kind: "retarget", version: wanted }, { ...item, kind: "accepted" });
  }
  if (events.length > 0) learn(world, view, events);
}

function soundIn(known: Verdicts, listed: ActiveView["listed"][ListedType]): Set<string> {
  const ofKnown = sound.get(known) ?? new WeakMap<ActiveView["listed"][ListedType], Set<string>>();
  sound.set(known, ofKnown);
  const names = ofKnown.get(listed) ?? new Set<string>();
  ofKnown.set(listed, names);
  return names;
}
