import {
  allFacts, factOf, inOrder, refOf, spiffeId,
  type Finding, type HttpMatch, type HttpRouteGroupFact, type MeshState, type ObjectRef, type SpiffeId, type Staged, type TrafficRule, type TrafficTargetFact,
} from "@osm/model";
import { made, steady, steadySet, type Made } from "../stage.ts";
import type { Grant, TcpGrant } from "../slice/slices.ts";
import { usableMatches } from "./route-groups.ts";

/** The policies of a mesh, seen from both ends. */
export interface Grants {
  /** What others may do to a workload. No grant means no access. */
  readonly into: ReadonlyMap<SpiffeId, readonly Grant[]>;
  /** Whom a workload may call at all. */
  readonly from: ReadonlyMap<SpiffeId, ReadonlySet<SpiffeId>>;
  /** What each TrafficTarget comes to, for the next time. */
  readonly targets: ReadonlyMap<ObjectRef, Made<Staged<TargetGrant>>>;
}

/**
 * Reads every TrafficTarget. Grants are additive, so their order never matters (OSM #5297); a rule that refers to nothing
 * grants nothing and says so. Of what was read before, only what has changed is read again.
 */
export function resolveAccess(state: MeshState, trustDomain: string, earlier?: Grants): Staged<Grants> {
  const targets = new Map(inOrder(allFacts(state, "TrafficTarget"), refOf).map((target) => {
    const ref = refOf(target);
    return [ref, made(earlier?.targets.get(ref), [target, trustDomain, outsideOf(state, target), ...routesOf(state, target)], () => grantOf(state, target, trustDomain))];
  }));
  const into = new Map<SpiffeId, Grant[]>();
  const from = new Map<SpiffeId, Set<SpiffeId>>();
  for (const { value: { value: { destination, grant } } } of targets.values()) {
    if (grant.http.length === 0 && grant.tcp.kind === "none") continue;
    const standing = into.get(destination);
    if (standing) standing.push(grant);
    else into.set(destination, [grant]);
    for (const caller of grant.callers) from.set(caller, (from.get(caller) ?? new Set()).add(destination));
  }
  const value = {
    into: new Map([...into].map(([id, grants]) => [id, steady(earlier?.into.get(id), grants)] as const)),
    from: new Map([...from].map(([id, servers]) => [id, steadySet(earlier?.from.get(id), servers)] as const)),
    targets,
  };
  return { value, findings: [...targets.values()].flatMap(({ value: { findings } }) => findings) };
}

/** The groups and routes that a target names. */
function routesOf(state: MeshState, { namespace, rules }: TrafficTargetFact): readonly unknown[] {
  return rules.map(({ kind, name }) => factOf(state, kind, { namespace, name }));
}

/** The namespaces of sources that are not of the mesh, as a text; empty where all are. */
function outsideOf(state: MeshState, { sources }: TrafficTargetFact): string {
  const outside = sources.map(({ namespace }) => namespace).filter((name) => !factOf(state, "Namespace", { namespace: "", name }));
  return inOrder(new Set(outside), (name) => name).join(", ");
}

interface TargetGrant {
  readonly destination: SpiffeId;
  readonly grant: Grant;
}

function grantOf(state: MeshState, target: TrafficTargetFact, trustDomain: string): Staged<TargetGrant> {
  const http = target.rules.filter(({ kind }) => kind === "HTTPRouteGroup").map((rule) => matchesOf(state, target, rule));
  const tcp = target.rules.filter(({ kind }) => kind === "TCPRoute").map((rule) => portsOf(state, target, rule));
  const grant = {
    policy: `${target.namespace}/${target.name}`,
    callers: target.sources.map((source) => spiffeId(trustDomain, source)),
    http: inOrder(http.flatMap(({ value }) => value), (match) => JSON.stringify(match)),
    tcp: united(tcp.map(({ value }) => value)),
  };
  return { value: { destination: spiffeId(trustDomain, target.destination), grant }, findings: [...[...http, ...tcp].flatMap(({ findings }) => findings), ...strangers(state, target)] };
}

function matchesOf(state: MeshState, target: TrafficTargetFact, rule: TrafficRule): Staged<readonly HttpMatch[]> {
  const group = factOf(state, "HTTPRouteGroup", { namespace: target.namespace, name: rule.name });
  if (!group) return { value: [], findings: [remark(target, "ROUTE_GROUP_MISSING", rule.name)] };
  const wanted = rule.matches.length === 0 ? group.matches : group.matches.filter(({ name }) => rule.matches.includes(name));
  const usable = usableMatches(group, wanted);
  return { value: usable.value, findings: [...missingMatches(target, rule, group), ...usable.findings] };
}

function missingMatches(target: TrafficTargetFact, rule: TrafficRule, group: HttpRouteGroupFact): readonly Finding[] {
  const missing = rule.matches.filter((name) => !group.matches.some((match) => match.name === name));
  return missing.map((name) => remark(target, "ROUTE_MATCH_MISSING", `${rule.name}/${name}`));
}

function portsOf(state: MeshState, target: TrafficTargetFact, rule: TrafficRule): Staged<TcpGrant> {
  const route = factOf(state, "TCPRoute", { namespace: target.namespace, name: rule.name });
  if (!route) return { value: { kind: "none" }, findings: [remark(target, "TCP_ROUTE_MISSING", rule.name)] };
  return { value: route.ports.length === 0 ? { kind: "every-port" } : { kind: "ports", ports: route.ports }, findings: [] };
}

function united(grants: readonly TcpGrant[]): TcpGrant {
  if (grants.some(({ kind }) => kind === "every-port")) return { kind: "every-port" };
  const ports = [...new Set(grants.flatMap((grant) => (grant.kind === "ports" ? grant.ports : [])))].toSorted((a, b) => a - b);
  return ports.length === 0 ? { kind: "none" } : { kind: "ports", ports };
}

/** Whoever is of no mesh, or of another, shows no certificate that is believed here. */
function strangers(state: MeshState, target: TrafficTargetFact): readonly Finding[] {
  const outside = outsideOf(state, target);
  return outside === "" ? [] : [{ code: "TARGET_SOURCE_OUTSIDE", severity: "warning", on: refOf(target), field: "spec.sources", detail: outside }];
}

function remark(target: TrafficTargetFact, code: Finding["code"], detail: string): Finding {
  return { code, severity: "error", on: refOf(target), field: "spec.rules", detail };
}
