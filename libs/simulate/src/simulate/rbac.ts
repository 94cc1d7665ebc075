import type { Permission, Principal, Rules } from "./read/rbac.ts";
import { headerMatches, stringMatches } from "./match.ts";
import { pathOnly, type Request } from "./http-request.ts";

/** What a rule may look at. A connection has no request. */
export interface Asked {
  readonly caller: string;
  readonly port: number;
  readonly request: Request | undefined;
}

/** No rules at all enforce nothing; rules without policies let nobody in. */
export function isLetIn(rules: Rules | undefined, asked: Asked): boolean {
  if (rules === undefined) return true;
  const matched = Object.values(rules.policies).some(
    ({ permissions, principals }) => permissions.some((each) => permits(each, asked)) && principals.some((each) => isMeant(each, asked)),
  );
  return rules.action === "ALLOW" ? matched : !matched;
}

function permits(permission: Permission, asked: Asked): boolean {
  if ("any" in permission) return true;
  if ("and_rules" in permission) return permission.and_rules.rules.every((each) => permits(each, asked));
  if ("or_rules" in permission) return permission.or_rules.rules.some((each) => permits(each, asked));
  if ("not_rule" in permission) return !permits(permission.not_rule, asked);
  if ("destination_port" in permission) return permission.destination_port === asked.port;
  if (asked.request === undefined) throw new Error("a rule for connections looks at requests");
  if ("header" in permission) return headerMatches(permission.header, asked.request.headers);
  return stringMatches(permission.url_path.path, pathOnly(asked.request));
}

function isMeant(principal: Principal, asked: Asked): boolean {
  if ("any" in principal) return true;
  if ("and_ids" in principal) return principal.and_ids.ids.every((each) => isMeant(each, asked));
  if ("or_ids" in principal) return principal.or_ids.ids.some((each) => isMeant(each, asked));
  if ("not_id" in principal) return !isMeant(principal.not_id, asked);
  const { principal_name: name } = principal.authenticated;
  return name === undefined || stringMatches(name, asked.caller);
}
