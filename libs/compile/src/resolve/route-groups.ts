import { refOf, type Finding, type HttpMatch, type HttpRouteGroupFact, type Staged } from "@osm/model";
import { regexFault } from "./regex.ts";

/** Envoy refuses a whole route table for one bad expression, so a match that holds one is left out before it gets there. */
export function usableMatches(group: HttpRouteGroupFact, wanted: readonly HttpMatch[]): Staged<readonly HttpMatch[]> {
  const looked = wanted.map((match) => ({ match, findings: faultsOf(group, match) }));
  return {
    value: looked.filter(({ findings }) => findings.length === 0).map(({ match }) => match),
    findings: looked.flatMap(({ findings }) => findings),
  };
}

function faultsOf(group: HttpRouteGroupFact, { name, pathRegex, headers }: HttpMatch): readonly Finding[] {
  const patterns = [["pathRegex", pathRegex] as const, ...Object.entries(headers).map(([key, value]) => [`headers.${key}`, value] as const)];
  return patterns.flatMap(([field, pattern]) => {
    const fault = regexFault(pattern);
    if (fault === undefined) return [];
    return [{ code: "ROUTE_REGEX_INVALID", severity: "error", on: refOf(group), field: `spec.matches[${name}].${field}`, detail: fault } as const];
  });
}
