import type { Cruise } from "./cruise.ts";

/** Each package that can be reached from a service, with the file of ours that brings it in first. */
export type Reached = ReadonlyMap<string, string>;

/** Follows imports from every file of the service's src; what npm packages import in turn is the lockfile's matter. */
export function reachedBy(service: string, { modules }: Cruise): Reached {
  const home = `services/${service}/src/`;
  const imports = new Map(modules.map(({ source, dependencies }) => [source, dependencies.map((to) => to.resolved)]));
  const doors = [...imports.keys()].filter((file) => file.startsWith(home));
  const seen = new Set(doors);
  const reached = new Map<string, string>();
  for (const file of seen) {
    for (const to of imports.get(file) ?? []) {
      const name = packageOf(to);
      if (name !== undefined && !reached.has(name) && !to.startsWith(home)) reached.set(name, file);
      seen.add(to);
    }
  }
  return reached;
}

/** Name of the package a file belongs to; undefined for what Node brings along. */
function packageOf(file: string): string | undefined {
  const ours = /^(?:libs|services)\/([^/]+)\//.exec(file);
  if (ours !== null) return `@osm/${ours[1]}`;
  const theirs = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
  return theirs?.[1]?.replace(/^@types\//, "");
}
