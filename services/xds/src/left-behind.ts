import { noVerdicts, soundItems, type Item } from "@osm/ads";
import { mayRevoke } from "./held-back.ts";
import { listPart, movedBetween, namesOf, refIn, type Listing } from "./listing.ts";
import { activate, servedIn, type ActiveView, type JudgedType, type LeftResource, type World } from "./world.ts";

const nothingLeft: ActiveView["left"] = [];
const usersOfClusters = ["ECDS", "LDS", "RDS"] as const;

/**
 * What a view lists no more, though earlier versions of what it lists need it, and may have to stand in: the clusters of a
 * listener before its port's protocol changed, say. It lasts until the later versions are known to be sound.
 */
export function leftBehind(world: World, before: ActiveView | undefined, after: ActiveView): ActiveView["left"] {
  const gone = before ? goneFrom(before, after) : nothingLeft;
  if (!before || gone.length === 0) return nothingLeft;
  const sound = soundItems(world.verdicts.get(after.payload.id) ?? noVerdicts);
  const needed = new Set([...sound, ...servedBy(before)].filter((item) => isEarlier(after, item)).flatMap((item) => needsOf(world, item)));
  return gone.filter(({ type, name, needs }) => (type === "CDS" ? needed.has(name) : needs.every((cluster) => needed.has(cluster))));
}

/** Who has it may not have said yet that it is content. */
function servedBy(view: ActiveView): readonly Item[] {
  return usersOfClusters.flatMap((type) => [...namesOf(view.listed[type])].map((name) => ({ type, name, version: servedIn(view, type, name) })));
}

function isEarlier({ listed }: ActiveView, { type, name, version }: Item): boolean {
  const user = usersOfClusters.find((each) => each === type);
  const digest = user && refIn(listed[user], name)?.digest;
  return digest !== undefined && digest !== version;
}

function goneFrom(before: ActiveView, after: ActiveView): readonly LeftResource[] {
  const isGone = (type: JudgedType, name: string) => !refIn(after.listed[type], name);
  const gone = before.left.filter(({ type, name }) => isGone(type, name));
  for (const type of ["CDS", "RDS"] as const) {
    for (const { name, before: ref, after: now } of movedBetween(before.listed[type], after.listed[type])) {
      if (ref && !now && mayStay(type, name) && !before.left.some((each) => each.type === type && each.name === name)) gone.push({ type, ...ref });
    }
  }
  return gone;
}

/** Not so what would keep a door open: callers that are no more, or the way out of the mesh. */
function mayStay(type: "CDS" | "RDS", name: string): boolean {
  return type === "CDS" ? name !== "passthrough-outbound" : !mayRevoke(type, name);
}

function needsOf(world: World, { type, version }: Omit<Item, "name">): readonly string[] {
  return world.sealed[type].get(version)?.needs ?? [];
}

/** What a sound version has to have beside it in a view: resources that the view left, and assignments. */
export interface Companions {
  readonly resources: readonly LeftResource[];
  readonly endpoints: readonly string[];
}

/** @returns undefined where something lacks: the version cannot stand in. `left` is what is known of what the view lists no more. */
export function companionsOf(world: World, { listed, endpoints }: ActiveView, { type, version, left }: Omit<Item, "name"> & Pick<ActiveView, "left">): Companions | undefined {
  const needs = needsOf(world, { type, version });
  const isHere = (each: LeftResource) => world.sealed[each.type].has(each.digest) && !refIn(listed[each.type], each.name);
  const clusters = type === "CDS" ? [] : needs.filter((name) => !refIn(listed.CDS, name));
  const resources = left.filter((each) => isHere(each) && (each.type === "CDS" ? clusters.includes(each.name) : type === "LDS" && each.needs.every((cluster) => needs.includes(cluster))));
  const assigned = type === "CDS" ? needs : resources.flatMap((each) => (each.type === "CDS" ? each.needs : []));
  const added = assigned.filter((name) => !endpoints.has(name));
  const isWhole = clusters.every((name) => resources.some((each) => each.type === "CDS" && each.name === name)) && added.every((name) => world.assignments.has(name));
  return isWhole ? { resources, endpoints: added } : undefined;
}

/** The view with what is needed beside its stand-ins. */
export function accompanied(view: ActiveView, companions: readonly Companions[]): ActiveView {
  const resources = companions.flatMap((each) => each.resources);
  const endpoints = companions.flatMap((each) => each.endpoints);
  const listedWith = (type: "CDS" | "RDS"): Listing => {
    const added = resources.filter((each) => each.type === type).map(({ name, digest, needs }) => ({ name, digest, needs }));
    return added.length === 0 ? view.listed[type] : { parts: [...view.listed[type].parts, listPart(added)] };
  };
  return {
    ...view,
    listed: { ...view.listed, CDS: listedWith("CDS"), RDS: listedWith("RDS") },
    endpoints: endpoints.length === 0 ? view.endpoints : view.endpoints.union(new Set(endpoints)),
  };
}

/** The view as the compiler said it, with what it left. */
export function asSaid({ payload, left }: ActiveView): ActiveView {
  return { ...activate(payload), left };
}
