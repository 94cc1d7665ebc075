import { soundItems } from "@osm/ads";
import type { Streams } from "./streams.ts";
import { listedTypes, sealedKey, type ActiveView, type World } from "./world.ts";

/** So little is not worth a round. */
const leastKept = 256;

/**
 * Lets go of resources and withdrawn assignments that no view lists and no stream serves from. It goes round when there is
 * twice as much as last time stayed, so that a change costs next to nothing and no more than twice what is used is kept.
 */
export function createSweeper(world: World, streams: Streams): () => void {
  let limit = leastKept;
  return () => {
    if (world.sealed.size + world.withdrawn.size <= limit) return;
    sweep(world, new Set([...world.views.values(), ...[...streams.all()].map((stream) => stream.view())]));
    limit = Math.max(leastKept, 2 * (world.sealed.size + world.withdrawn.size));
  };
}

function sweep(world: World, views: ReadonlySet<ActiveView>): void {
  const used = usedIn(world, views);
  const endpoints = new Set([...views].flatMap((view) => [...view.endpoints]));
  for (const key of world.sealed.keys()) if (!used.has(key)) world.sealed.delete(key);
  for (const name of world.withdrawn) {
    if (endpoints.has(name)) continue;
    world.withdrawn.delete(name);
    world.assignments.delete(name);
  }
}

/** Listed by a view, or known to be sound: it may have to stand in for what is listed. */
function usedIn(world: World, views: ReadonlySet<ActiveView>): ReadonlySet<string> {
  const used = new Set<string>();
  for (const view of views) {
    for (const type of listedTypes) for (const { digest } of view.listed[type].values()) used.add(sealedKey(type, digest));
  }
  for (const verdicts of world.verdicts.values()) for (const { type, version } of soundItems(verdicts)) used.add(sealedKey(type, version));
  return used;
}
