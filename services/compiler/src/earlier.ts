import type { CompiledMesh, Earlier } from "@osm/compile";
import { canonicalJson, type View, type ViewId } from "@osm/model";
import type { StandingView } from "./messages.ts";

/**
 * What the next compilation goes on from: all that was compiled here, with the doors as proxies have them. Whoever owned a
 * view until now may have seen a right come and go that this one read as one.
 */
export function earlierOf(compiled: CompiledMesh | undefined, standing: Iterable<StandingView>): Earlier {
  const rest = new Map<ViewId, StandingView>([...standing].map((view) => [view.id, view]));
  let isOther = !compiled;
  const views = (compiled?.views ?? []).map((view) => {
    const theirs = rest.get(view.id);
    rest.delete(view.id);
    if (!theirs || isSame(theirs.doors, view.doors)) return view;
    isOther = true;
    return { ...view, doors: theirs.doors };
  });
  if (compiled && !isOther && rest.size === 0) return compiled;
  return { ...(compiled && { cache: compiled.cache }), views: [...views, ...rest.values()] };
}

function isSame(a: View["doors"], b: View["doors"]): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}
