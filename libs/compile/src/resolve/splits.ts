import {
  allFacts, factOf, factsIn, inOrder, refOf,
  type Finding, type HttpMatch, type MeshState, type ServiceFact, type Staged, type TrafficSplitFact,
} from "@osm/model";
import { usableMatches } from "./route-groups.ts";

/** A split that has an effect: what it weighs, by the name of the backend service. Weights are above zero. */
export interface Split {
  readonly matches: readonly HttpMatch[];
  readonly backends: readonly { readonly service: string; readonly weight: number }[];
}

/** `<namespace>/<service>` → its split. */
export type Splits = ReadonlyMap<string, Split>;

/** One split a root service: of several the first by name counts (OSM took whichever came first, OSM §5.7). */
export function resolveSplits(state: MeshState): Staged<Splits> {
  const splits = new Map<string, Split>();
  const holders = new Map<string, string>();
  const findings: Finding[] = [];
  for (const fact of inOrder(allFacts(state, "TrafficSplit"), refOf)) {
    const root = `${fact.namespace}/${fact.service}`;
    const holder = holders.get(root);
    if (holder !== undefined) {
      findings.push(remark(fact, { code: "SPLIT_SHADOWED", field: "spec.service", detail: holder }));
      continue;
    }
    const { value, findings: more } = splitOf(state, fact);
    findings.push(...more);
    if (!value) continue;
    holders.set(root, fact.name);
    splits.set(root, value);
  }
  return { value: splits, findings };
}

function splitOf(state: MeshState, fact: TrafficSplitFact): Staged<Split | undefined> {
  const services = factsIn(state, "Service", fact.namespace);
  if (!services.has(fact.service)) return { value: undefined, findings: [remark(fact, { code: "SPLIT_ROOT_MISSING", field: "spec.service", detail: fact.service })] };

  const missing = fact.backends.filter(({ service }) => !services.has(service));
  const backends = fact.backends.filter(({ service, weight }) => services.has(service) && weight > 0);
  const portless = backends.filter(({ service }) => lacksPort(services.get(fact.service), services.get(service)));
  const groups = matchesOf(state, fact);
  const findings = [
    ...portless.map(({ service }) => remark(fact, { code: "SPLIT_BACKEND_WITHOUT_PORT", field: "spec.backends", detail: service })),
    ...missing.map(({ service }) => remark(fact, { code: "SPLIT_BACKEND_MISSING", field: "spec.backends", detail: service })),
    ...groups.findings,
  ];
  const isVoid = backends.length === 0 || groups.value === undefined;
  if (backends.length === 0 && missing.length === 0) findings.push(remark(fact, { code: "SPLIT_WEIGHTS_ZERO", field: "spec.backends", detail: "" }));
  return { value: isVoid ? undefined : { matches: groups.value ?? [], backends }, findings };
}

/** A backend is called at the root's port numbers (OSM §5.7). */
function lacksPort(root: ServiceFact | undefined, backend: ServiceFact | undefined): boolean {
  return root?.ports.some(({ port }) => !backend?.ports.some((each) => each.port === port)) ?? false;
}

/** Undefined: matches were asked for and there is none, so the split touches no request. */
function matchesOf(state: MeshState, fact: TrafficSplitFact): Staged<readonly HttpMatch[] | undefined> {
  const findings: Finding[] = [];
  const matches = fact.matches.flatMap((name) => {
    const group = factOf(state, "HTTPRouteGroup", { namespace: fact.namespace, name });
    if (!group) findings.push(remark(fact, { code: "ROUTE_GROUP_MISSING", field: "spec.matches", detail: name }));
    const usable = group ? usableMatches(group, group.matches) : { value: [], findings: [] };
    findings.push(...usable.findings);
    return usable.value;
  });
  return { value: fact.matches.length > 0 && matches.length === 0 ? undefined : matches, findings };
}

function remark(fact: TrafficSplitFact, { code, field, detail }: Pick<Finding, "code" | "field" | "detail">): Finding {
  return { code, severity: "error", on: refOf(fact), field, detail };
}
