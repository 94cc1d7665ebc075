import { soundItems, type Item } from "@osm/ads";
import { refsOf } from "./listing.ts";
import type { Streams } from "./streams.ts";
import { listedTypes, sealedCount, sealedKey, servedIn, type ActiveView, type World } from "./world.ts";

/** So little is not worth a round. */
const leastKept = 256;

/**
 * Lets go of resources and withdrawn assignments that no view lists and no stream serves from. It goes round when there is
 * twice as much as last time stayed, so that a change costs next to nothing and no more than twice what is used is kept.
 */
export function createSweeper(world: World, streams: Streams): () => void {
  let limit = leastKept;
  return () => {
    if (sealedCount(world) + world.withdrawn.size <= limit) return;
    sweep(world, { views: new Set([...world.views.values(), ...streams.views()]), holds: streams.holds() });
    limit = Math.max(leastKept, 2 * (sealedCount(world) + world.withdrawn.size));
  };
}

interface Use {
  readonly views: ReadonlySet<ActiveView>;
  /** What streams may have to be sent again. */
  readonly holds: Iterable<Item>;
}

function sweep(world: World, { views, holds }: Use): void {
  const used = usedIn(world, { views, holds });
  const endpoints = new Set([...views].flatMap(({ endpoints: listed, left }) => [...listed, ...left.flatMap(({ needs }) => needs)]));
  for (const type of listedTypes) for (const version of world.sealed[type].keys()) if (!used.has(sealedKey(type, version))) world.sealed[type].delete(version);
  for (const name of world.withdrawn) {
    if (endpoints.has(name)) continue;
    world.withdrawn.delete(name);
    world.assignments.delete(name);
  }
}

/** Listed by a view, or known to be sound, and what that needs: it may have to stand in for what is listed. */
function usedIn(world: World, { views, holds }: Use): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { type, version } of holds) used.add(sealedKey(type, version));
  for (const view of views) {
    for (const { type, digest } of view.left) used.add(sealedKey(type, digest));
    for (const type of listedTypes) {
      for (const { name, digest } of refsOf(view.listed[type])) {
        used.add(sealedKey(type, digest));
        if (view.instead.size > 0) used.add(sealedKey(type, servedIn(view, type, name)));
      }
    }
  }
  for (const verdicts of world.verdicts.values()) for (const { type, version } of soundItems(verdicts)) used.add(sealedKey(type, version));
  return used;
}
