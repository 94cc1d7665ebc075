import {
  allFacts, factOf, inOrder, objectRef, refOf, spiffeId,
  type Finding, type HttpMatch, type HttpRouteGroupFact, type Identity, type MeshState, type SpiffeId, type Staged, type TrafficRule, type TrafficTargetFact,
} from "@osm/model";
import type { Grant } from "../slice/slices.ts";
import { regexFault } from "./regex.ts";

/** The policies of a mesh, seen from both ends. */
export interface Grants {
  /** What others may do to this workload. No grant means no access. */
  into(identity: Identity): readonly Grant[];
  /** Whom this workload may call at all. */
  from(identity: Identity): ReadonlySet<SpiffeId>;
}

/**
 * Reads every TrafficTarget. Grants are additive, so their order never matters (OSM #5297); a rule that refers to nothing
 * grants nothing and says so.
 */
export function resolveAccess(state: MeshState, trustDomain: string): Staged<Grants> {
  const into = new Map<SpiffeId, Grant[]>();
  const from = new Map<SpiffeId, Set<SpiffeId>>();
  const findings: Finding[] = [];

  for (const target of inOrder(allFacts(state, "TrafficTarget"), refOf)) {
    const http = target.rules.filter(({ kind }) => kind === "HTTPRouteGroup").map((rule) => matchesOf(state, target, rule));
    findings.push(...http.flatMap((staged) => staged.findings));
    const grant = grantOf(target, http.flatMap((staged) => staged.value), trustDomain);
    if (grant.http.length === 0) continue;

    append(into, spiffeId(trustDomain, target.destination), grant);
    for (const caller of grant.callers) {
      const reachable = from.get(caller) ?? new Set();
      from.set(caller, reachable.add(spiffeId(trustDomain, target.destination)));
    }
  }
  return {
    value: {
      into: (identity) => into.get(spiffeId(trustDomain, identity)) ?? [],
      from: (identity) => from.get(spiffeId(trustDomain, identity)) ?? new Set(),
    },
    findings,
  };
}

function grantOf(target: TrafficTargetFact, http: readonly HttpMatch[], trustDomain: string): Grant {
  return {
    policy: `${target.namespace}/${target.name}`,
    callers: target.sources.map((source) => spiffeId(trustDomain, source)),
    http: inOrder(http, ({ name }) => name),
  };
}

function matchesOf(state: MeshState, target: TrafficTargetFact, rule: TrafficRule): Staged<readonly HttpMatch[]> {
  const group = factOf(state, "HTTPRouteGroup", { namespace: target.namespace, name: rule.name });
  if (!group) {
    return { value: [], findings: [{ code: "ROUTE_GROUP_MISSING", severity: "error", on: refOf(target), field: "spec.rules", detail: rule.name }] };
  }
  const wanted = rule.matches.length === 0 ? group.matches : group.matches.filter(({ name }) => rule.matches.includes(name));
  const usable = wanted.map((match) => ({ match, findings: faultsOf(group, match) }));
  return {
    value: usable.filter(({ findings }) => findings.length === 0).map(({ match }) => match),
    findings: [...missingMatches(target, rule, group), ...usable.flatMap(({ findings }) => findings)],
  };
}

function missingMatches(target: TrafficTargetFact, rule: TrafficRule, group: HttpRouteGroupFact): readonly Finding[] {
  const missing = rule.matches.filter((name) => !group.matches.some((match) => match.name === name));
  return missing.map((name) => ({
    code: "ROUTE_MATCH_MISSING", severity: "error", on: refOf(target), field: "spec.rules", detail: `${rule.name}/${name}`,
  }));
}

/** Envoy refuses a whole route table for one bad expression, so such a match is left out before it gets there. */
function faultsOf(group: HttpRouteGroupFact, { name, pathRegex, headers }: HttpMatch): readonly Finding[] {
  const fields = [["pathRegex", pathRegex] as const, ...Object.entries(headers).map(([key, value]) => [`headers.${key}`, value] as const)];
  return fields.flatMap(([field, pattern]) => {
    const fault = regexFault(pattern);
    if (fault === undefined) return [];
    const on = objectRef("HTTPRouteGroup", group.namespace, group.name);
    return [{ code: "ROUTE_REGEX_INVALID", severity: "error", on, field: `spec.matches[${name}].${field}`, detail: fault }] as const;
  });
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
