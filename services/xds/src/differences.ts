import type { Change } from "@osm/ads";
import { trustSecret } from "@osm/model";
import { emptyListing, movedBetween, refsOf } from "./listing.ts";
import { listedTypes, secretIn, servedIn, standInsOf, type ActiveView, type ListedType, type World } from "./world.ts";

/** What a proxy of the first view must be told to become one of the second. */
export function differences(world: World, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  const trust = world.trust?.version;
  const versions = (type: ListedType) => (view: ActiveView, name: string) => (type === "SDS" ? secretIn(view, name, trust) : servedIn(view, type, name));
  return [...listedTypes.flatMap((type) => listedChanges(type, { before, after, versionIn: versions(type) })), ...endpointChanges(world, before, after)];
}

interface Move {
  readonly before: ActiveView | undefined;
  readonly after: ActiveView;
  readonly versionIn: (view: ActiveView, name: string) => string;
}

function listedChanges(type: ListedType, { before, after, versionIn }: Move): readonly Change[] {
  const names = new Set(movedBetween(before?.listed[type] ?? emptyListing, after.listed[type]).map(({ name }) => name));
  for (const view of before ? [before, after] : [after]) for (const [name] of standInsOf(view, type)) names.add(name);
  const from = (name: string) => (before ? versionIn(before, name) : "absent");
  return [...names].filter((name) => from(name) !== versionIn(after, name)).map((name) => ({ type, name, from: from(name) }));
}

/** What a proxy of a view must be told when other roots are trusted. */
export function trustChanges({ listed }: ActiveView, from: string): readonly Change[] {
  return [{ type: "SDS", name: trustSecret, from }, ...[...refsOf(listed.SDS)].map(({ name, digest }) => ({ type: "SDS", name, from: `${digest}.${from}` }) as const)];
}

function endpointChanges(world: World, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  if (before?.endpoints === after.endpoints) return [];
  const standing = (name: string) => world.assignments.get(name)?.version ?? "absent";
  const lost = [...(before?.endpoints ?? [])].filter((name) => !after.endpoints.has(name));
  const gained = [...after.endpoints].filter((name) => !before?.endpoints.has(name));
  return [...lost.map((name) => ({ type: "EDS", name, from: standing(name) }) as const), ...gained.map((name) => ({ type: "EDS", name, from: "absent" }) as const)];
}
