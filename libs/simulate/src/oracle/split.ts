import type { Seen } from "./http-match.ts";
import { holds, isUsable } from "./http-match.ts";
import { doorOf, isHeadless, type Door } from "./address.ts";
import { podsBehind } from "./backing.ts";
import { isWithinReach } from "./reach.ts";
import { named, type HttpMatch, type Pod, type TrafficSplit, type World } from "./world.ts";

/** A door, and the weight of calls that go through it. */
export interface Weighted {
  readonly door: Door;
  readonly weight: number;
}

export interface SplitCall {
  readonly from: Pod;
  readonly door: Door;
  /** Undefined for a call that is not HTTP: none of a split's matches can hold for it. */
  readonly request: Seen | undefined;
}

/**
 * Where the calls to a service go. A split shares those to its root out among backends; calls to a backend itself are left
 * alone, and a backend may be the root. Where nobody is there to get a share, the root gets all.
 */
export function shareOut(world: World, { from, door, request }: SplitCall): readonly Weighted[] {
  const split = splitOf(world, door);
  const backends = split && isFor(world, split, request) ? backendsOf(world, from, door) : [];
  return backends.length > 0 ? backends : [{ door, weight: 1 }];
}

/**
 * The backends that a service's split weighs, on the root's port number. A split grants nothing: a backend that is missing, has
 * no such port, or is out of the caller's reach gets no share.
 */
export function backendsOf(world: World, from: Pod, door: Door): readonly Weighted[] {
  return (splitOf(world, door)?.spec.backends ?? []).flatMap(({ service, weight }) => {
    const backend = doorOf(world, door.service, { name: service.name, port: door.port.port });
    const reachable = backend && podsBehind(world, backend.service).some((pod) => isWithinReach(world, from, pod));
    return reachable && weight > 0 ? [{ door: backend, weight }] : [];
  });
}

/** One split a root: the first by name that could have an effect. A headless service has no address to split at. */
function splitOf(world: World, { service }: Door): TrafficSplit | undefined {
  if (isHeadless(service)) return undefined;
  return world.splits.find((split) => isOf(split, service.metadata) && hasEffect(world, split));
}

/** A split is in the namespace of its root and of its backends; one that names another namespace is void. */
function isOf({ metadata, spec }: TrafficSplit, root: { readonly namespace: string; readonly name: string }): boolean {
  const services = [spec.service, ...spec.backends.map(({ service }) => service)];
  const isAtHome = services.every(({ namespace }) => namespace === undefined || namespace === metadata.namespace);
  return isAtHome && metadata.namespace === root.namespace && spec.service.name === root.name;
}

/** Without a weight on a service that exists it weighs nothing; with matches that mean nothing it is for no request. */
function hasEffect(world: World, split: TrafficSplit): boolean {
  const { metadata, spec } = split;
  const weighs = spec.backends.some(({ service, weight }) => weight > 0 && named(world.services, { namespace: metadata.namespace, name: service.name }) !== undefined);
  return weighs && (spec.matches.length === 0 || matchesOf(world, split).length > 0);
}

/** Without matches a split is for every call; with them, for the requests that one of them holds for. */
function isFor(world: World, split: TrafficSplit, request: Seen | undefined): boolean {
  if (split.spec.matches.length === 0) return true;
  return request !== undefined && matchesOf(world, split).some((match) => holds(match, request));
}

function matchesOf(world: World, { metadata, spec }: TrafficSplit): readonly HttpMatch[] {
  return spec.matches.flatMap(({ name }) => named(world.groups, { namespace: metadata.namespace, name })?.spec.matches ?? []).filter(isUsable);
}
