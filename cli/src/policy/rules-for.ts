import { allFacts, factOf, type HttpMatch, type Identity, type MeshState, type TrafficTargetFact } from "@osm/model";

/** A rule that somebody wrote for a workload, whoever it is for. */
export interface WrittenRule {
  readonly target: TrafficTargetFact;
  /** Whether the caller is among its sources. */
  readonly isForCaller: boolean;
  readonly asks: { readonly kind: "request"; readonly match: HttpMatch; readonly group: string } | { readonly kind: "bytes"; readonly route: string; readonly ports: readonly number[] };
}

/** Every rule for a workload, in the order of its TrafficTargets; those that refer to nothing grant nothing, and findings say so. */
export function rulesFor(state: MeshState, { server, caller }: { readonly server: Identity; readonly caller: Identity }): readonly WrittenRule[] {
  const targets = [...allFacts(state, "TrafficTarget")].filter(({ destination }) => isSame(destination, server)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return targets.flatMap((target) => {
    const isForCaller = target.sources.some((source) => isSame(source, caller));
    return target.rules.flatMap((rule) => asksOf(state, target, rule).map((asks) => ({ target, isForCaller, asks })));
  });
}

function asksOf(state: MeshState, { namespace }: TrafficTargetFact, { kind, name, matches }: TrafficTargetFact["rules"][number]): readonly WrittenRule["asks"][] {
  const group = `${namespace}/${name}`;
  switch (kind) {
    case "HTTPRouteGroup": {
      const found = factOf(state, "HTTPRouteGroup", { namespace, name })?.matches ?? [];
      return found.filter((match) => matches.length === 0 || matches.includes(match.name)).map((match) => ({ kind: "request", match, group }));
    }
    case "TCPRoute": {
      const route = factOf(state, "TCPRoute", { namespace, name });
      return route ? [{ kind: "bytes", route: group, ports: route.ports }] : [];
    }
  }
}

export function isSame(a: Identity, b: Identity): boolean {
  return a.namespace === b.namespace && a.serviceAccount === b.serviceAccount;
}
