import type { World } from "./world.ts";

type Names = ReadonlySet<string>;

/** More kinds of questions than a replica is asked at a time; those of a kind that is forgotten are kept apart. */
const mostKinds = 4096;
const shelves = new WeakMap<World, Map<string, WeakRef<Names>>>();

/**
 * The same names, in a set that other streams of this world may have too. Proxies of one view ask for the same, each in strings
 * of its own: at 1000 services some 100 KB a stream. No set is kept for longer than some stream has it.
 */
export function sharedNames(world: World, names: Names): Names {
  const shelf = shelves.get(world) ?? new Map<string, WeakRef<Names>>();
  shelves.set(world, shelf);
  const [first = ""] = names;
  const kind = `${names.size} ${first}`;
  const known = shelf.get(kind)?.deref();
  if (known && names.isSubsetOf(known)) return known;
  shelf.delete(kind);
  shelf.set(kind, new WeakRef(names));
  const [oldest] = shelf.keys();
  if (shelf.size > mostKinds && oldest !== undefined) shelf.delete(oldest);
  return names;
}
