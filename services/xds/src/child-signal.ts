const children = new WeakMap<AbortSignal, Set<AbortController>>();

/**
 * A controller of something that lives for a while within something that lives long: it aborts with the parent. What Node has
 * for this, and an event listener as well, cost the more on the parent the more children it has.
 */
export function childOf(parent: AbortSignal): AbortController {
  const child = new AbortController();
  if (parent.aborted) child.abort(parent.reason);
  else keep(children.get(parent) ?? adopted(parent), child);
  return child;
}

function keep(family: Set<AbortController>, child: AbortController): void {
  family.add(child);
  child.signal.addEventListener("abort", () => family.delete(child), { once: true });
}

function adopted(parent: AbortSignal): Set<AbortController> {
  const family = new Set<AbortController>();
  children.set(parent, family);
  parent.addEventListener("abort", () => family.forEach((child) => child.abort(parent.reason)), { once: true });
  return family;
}
