import { inOrder } from "@osm/model";

/** In the order of a key that tells all different items apart; equal ones are kept once. */
export function inFixedOrder<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return inOrder(new Map(items.map((item) => [key(item), item])).values(), key);
}
