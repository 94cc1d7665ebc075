import type { Route, RouteConfiguration, VirtualHost } from "./read/route.ts";
import { headerMatches, regexMatches } from "./match.ts";
import { pathOnly, type Request } from "./http-request.ts";

export interface Routed {
  readonly host: VirtualHost;
  readonly route: Route;
}

/** The first route that fits, of the one host for everything. @throws Error on tables that choose by host. */
export function routeFor({ name, virtual_hosts: hosts }: RouteConfiguration, request: Request): Routed | undefined {
  const [host] = hosts;
  if (!host || hosts.length > 1 || host.domains.join() !== "*") throw new Error(`route table ${name} chooses by host, which is not simulated`);
  const route = host.routes.find(({ match }) => fits(match, request));
  return route && { host, route };
}

function fits({ prefix, path, safe_regex: regex, headers }: Route["match"], request: Request): boolean {
  const kinds = [prefix, path, regex].filter((each) => each !== undefined);
  if (kinds.length !== 1) throw new Error("a route has one way to match a path");
  const bare = pathOnly(request);
  const isPath = regex ? regexMatches(regex.regex, bare) : prefix === undefined ? bare === path : bare.startsWith(prefix);
  return isPath && headers.every((each) => headerMatches(each, request.headers));
}

export interface Leg {
  readonly cluster: string;
  readonly share: number;
}

/** Where a route leads. @throws Error on weights that Envoy would refuse. */
export function legsOf({ route: { cluster, weighted_clusters: weighted } }: Route): readonly Leg[] {
  if ((cluster === undefined) === (weighted === undefined)) throw new Error("a route leads to one cluster or to several");
  if (cluster !== undefined) return [{ cluster, share: 1 }];
  const clusters = weighted?.clusters ?? [];
  const sum = clusters.reduce((all, { weight }) => all + weight, 0);
  if (sum === 0) throw new Error("weighted clusters without weight");
  return clusters.map(({ name, weight }) => ({ cluster: name, share: weight / sum }));
}
