import { same, type Account } from "./identity.ts";
import { named, type HttpMatch, type TcpRoute, type TrafficTarget, type World } from "./world.ts";
import { isUsable } from "./http-match.ts";

/** What TrafficTargets allow one account to do to another, all added up. Nothing is allowed that none of them allows. */
export interface Granted {
  readonly http: readonly HttpMatch[];
  readonly tcp: readonly TcpRoute[];
}

export function granted(world: World, { from, to }: { readonly from: Account; readonly to: Account }): Granted {
  const targets = world.targets.filter((target) => !isVoid(target) && isBetween(target, { from, to }));
  return { http: targets.flatMap((target) => httpOf(world, target)), tcp: targets.flatMap((target) => tcpOf(world, target)) };
}

/** A void target grants nothing at all, not even its good parts. */
function isVoid({ metadata, spec }: TrafficTarget): boolean {
  const elsewhere = (spec.destination.namespace ?? metadata.namespace) !== metadata.namespace;
  const strangers = [spec.destination, ...spec.sources].some(({ kind }) => kind !== "ServiceAccount");
  const unknown = spec.rules.some(({ kind }) => kind !== "HTTPRouteGroup" && kind !== "TCPRoute");
  return elsewhere || strangers || unknown || spec.rules.length === 0;
}

function isBetween({ metadata, spec }: TrafficTarget, { from, to }: { readonly from: Account; readonly to: Account }): boolean {
  const account = (one: { readonly name: string; readonly namespace?: string | undefined }) => ({ namespace: one.namespace ?? metadata.namespace, name: one.name });
  return same(account(spec.destination), to) && spec.sources.some((source) => same(account(source), from));
}

/** A rule that names no matches means every match of the group; a group or match that is not there grants nothing. */
function httpOf(world: World, { metadata, spec }: TrafficTarget): readonly HttpMatch[] {
  return spec.rules
    .filter(({ kind }) => kind === "HTTPRouteGroup")
    .flatMap(({ name, matches }) => {
      const group = named(world.groups, { namespace: metadata.namespace, name });
      return (group?.spec.matches ?? []).filter((match) => matches.length === 0 || matches.includes(match.name));
    })
    .filter(isUsable);
}

function tcpOf(world: World, { metadata, spec }: TrafficTarget): readonly TcpRoute[] {
  return spec.rules
    .filter(({ kind }) => kind === "TCPRoute")
    .flatMap(({ name }) => named(world.tcpRoutes, { namespace: metadata.namespace, name }) ?? []);
}
