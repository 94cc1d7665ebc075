import { resolveAccess } from "@osm/compile/access";
import { sentenceOf } from "@osm/compile/findings";
import { resolveSplits } from "@osm/compile/splits";
import { parseObject, type MeshContext } from "@osm/intake";
import { emptyState, foldAll, type Fact, type Finding, type FindingCode, type MeshState } from "@osm/model";
import type { Fault } from "./fault.ts";

/** OSM refuses these; what they would grant is nothing. */
const refused: ReadonlySet<FindingCode> = new Set<FindingCode>(["TARGET_OTHER_NAMESPACE"]);
/** Said of an object by what stands beside it, which is not looked at here. */
const ofOthers: ReadonlySet<FindingCode> = new Set<FindingCode>(["TARGET_SOURCE_OUTSIDE", "ROUTE_GROUP_MISSING", "ROUTE_MATCH_MISSING", "TCP_ROUTE_MISSING", "SPLIT_ROOT_MISSING", "SPLIT_BACKEND_MISSING", "SPLIT_BACKEND_WITHOUT_PORT", "SPLIT_SHADOWED"]);

/** What the mesh would find in an object if there were no other. */
export function findingsOf(object: unknown, context: MeshContext): { readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] } {
  const { value: fact, findings } = parseObject(object, context);
  const all = [...findings, ...(fact ? whenAlone(fact) : [])];
  return { faults: all.filter(({ code }) => refused.has(code)).map(faultOf), warnings: all.filter(({ code }) => !refused.has(code)).map(faultOf) };
}

function faultOf({ code, field, detail }: Finding): Fault {
  return { field, what: sentenceOf({ code, detail }) };
}

/** The compiler's own stages, over a mesh of this object and of what it takes for it to be looked at. */
function whenAlone(fact: Fact): readonly Finding[] {
  const state = stateOf(fact, ...asker(fact));
  const found = [...resolveAccess(state, "cluster.local").findings, ...resolveSplits(state).findings];
  const on = found.filter((finding) => finding.on.startsWith(`${fact.kind}/`) && !ofOthers.has(finding.code));
  return [...new Map(on.map((finding) => [`${finding.code} ${finding.field}`, finding])).values()];
}

/** A route group is judged where a target names it, a split where its services are. */
function asker(fact: Fact): readonly Fact[] {
  const { namespace, name } = fact;
  const account = { namespace, serviceAccount: "any" };
  if (fact.kind === "HTTPRouteGroup") return [{ kind: "TrafficTarget", namespace, name, destination: account, sources: [account], rules: [{ kind: "HTTPRouteGroup", name, matches: [] }] }];
  return fact.kind === "TrafficSplit" ? [fact.service, ...fact.backends.map(({ service }) => service)].map((service) => serviceOf(namespace, service)) : [];
}

function serviceOf(namespace: string, name: string): Fact {
  return { kind: "Service", namespace, name, clusterIps: [], headless: true, selector: {}, ports: [{ name: "", port: 80, targetPort: 80, protocol: "http" }] };
}

function stateOf(...facts: readonly Fact[]): MeshState {
  return foldAll(emptyState, facts.map((fact, at) => ({ observation: { fact }, revision: at + 1 })));
}
