import { judgeAll, lastGood, noVerdicts, servedVersion, type Answer, type Item, type VerdictEvent, type Verdicts } from "@osm/ads";
import { parseDigest, type Digest } from "@osm/model";
import type { VerdictPayload } from "@osm/wire";
import { isJudgedType, listedTypes, sealedKey, type ActiveView, type ListedType, type World } from "./world.ts";

/** True while the view wants the version that was rejected. */
export function lists({ listed }: ActiveView, { type, name, digest }: VerdictPayload): boolean {
  return listed[type].get(name)?.digest === digest;
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

/** The view as it is to be served: a rejected version gives way to the last good one, or is waited for where its bytes lack. */
export function withStandIns(world: World, view: ActiveView): ActiveView {
  const instead = new Map<string, string>();
  const verdicts = world.verdicts.get(view.payload.id) ?? noVerdicts;
  for (const verdict of world.rejected.values()) {
    if (!lists(view, verdict)) continue;
    const served = servedVersion(verdicts, itemOf(verdict));
    const { type, name, digest } = verdict;
    if (served !== digest) instead.set(sealedKey(type, name), world.sealed[type].has(served) ? served : "pending");
  }
  const isSame = instead.size === view.instead.size && [...instead].every(([key, version]) => view.instead.get(key) === version);
  return isSame ? view : { ...view, instead };
}

/** The view became another one: verdicts on versions that it has left are past. */
export function learnMove(world: World, before: ActiveView, after: ActiveView): void {
  if (!world.verdicts.has(after.payload.id)) return;
  const moves: VerdictEvent[] = [];
  for (const type of listedTypes) {
    if (before.listed[type] === after.listed[type]) continue;
    for (const [name, { digest }] of before.listed[type]) {
      const version = after.listed[type].get(name)?.digest ?? "absent";
      if (version !== digest) moves.push({ kind: "retarget", type, name, version });
    }
  }
  learn(world, after, moves);
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
    const [item, wanted] = [{ type, ...each }, listed.get(each.name)?.digest];
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
