import type { HttpSpeech } from "@osm/simulate";
import { matchesWhole } from "./sample-text.ts";
import type { WrittenRule } from "./rules-for.ts";

/** Whether a rule asks for requests like this one; to name it, for whether it opens the door is decided by what is compiled. */
export function fits({ asks }: WrittenRule, { method, path, headers }: HttpSpeech): boolean {
  if (asks.kind !== "request") return false;
  const { pathRegex, methods, headers: wanted } = asks.match;
  const [bare = ""] = path.split("?");
  const isMethod = methods.length === 0 || methods.includes(method);
  return isMethod && matchesWhole(pathRegex, bare) && Object.entries(wanted).every(([name, regex]) => headers[name] !== undefined && matchesWhole(regex, headers[name]));
}

export function nameOf({ target, asks }: WrittenRule): string {
  const named = `TrafficTarget ${target.namespace}/${target.name}`;
  switch (asks.kind) {
    case "request":
      return `${named}, HTTPRouteGroup ${asks.group} match ${asks.match.name}`;
    case "bytes":
      return `${named}, TCPRoute ${asks.route}`;
  }
}
