import { RbacAction, type RbacRulesSchema } from "@osm/envoy-api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpMatch, SpiffeId } from "@osm/model";
import { opens } from "../resolve/tcp-grants.ts";
import type { Access, Grant } from "../slice/slices.ts";

type Rules = Exclude<MessageInitShape<typeof RbacRulesSchema>, { readonly $typeName: string }>;
type Policy = Exclude<NonNullable<Rules["policies"]>[string], { readonly $typeName: string }>;

/** Allow what some policy allows. No policy: nothing is allowed. Policies add up, so their order means nothing. */
export const nobody: Rules = { action: RbacAction.ALLOW, policies: {} };

/** Who may send which requests. */
export function requestRules(access: Access): Rules {
  switch (access.kind) {
    case "permissive":
      return everybody;
    case "granted":
      return allowing(access.grants.filter(({ http }) => http.length > 0), ({ http }) => http.map(permission));
  }
}

/** Who may open a connection of bytes to a container port. Leave to send requests is none to send bytes. */
export function connectionRules(access: Access, port: number): Rules {
  switch (access.kind) {
    case "permissive":
      return everybody;
    case "granted":
      return allowing(access.grants.filter(({ tcp }) => opens(tcp, port)), () => [anything]);
  }
}

function allowing(grants: readonly Grant[], permissions: (grant: Grant) => NonNullable<Policy["permissions"]>): Rules {
  const policies = grants.map((grant) => [grant.policy, { permissions: permissions(grant), principals: grant.callers.map(principal) }] as const);
  return { ...nobody, policies: Object.fromEntries(policies) };
}

const anything = { rule: { case: "any", value: true } } as const;
/** Whoever holds a certificate of the mesh: the chain has asked for one. */
const anyone = { identifier: { case: "any", value: true } } as const;
const everybody: Rules = { ...nobody, policies: { permissive: { permissions: [anything], principals: [anyone] } } };

function principal(id: SpiffeId) {
  return { identifier: { case: "authenticated", value: { principalName: { matchPattern: { case: "exact", value: id } } } } } as const;
}

function permission({ pathRegex, methods, headers }: HttpMatch) {
  const rules = [path(pathRegex), ...(methods.length > 0 ? [method(methods)] : []), ...Object.entries(headers).map(header)];
  return { rule: { case: "andRules", value: { rules } } } as const;
}

/** Held against the whole path, without its query (OSM §2.8). */
function path(pathRegex: string) {
  if (pathRegex === ".*") return anything;
  const matcher = { matchPattern: { case: "safeRegex", value: { regex: pathRegex } } } as const;
  return { rule: { case: "urlPath", value: { rule: { case: "path", value: matcher } } } } as const;
}

function method(methods: readonly string[]) {
  const rules = methods.map((each) => headerRule(":method", { matchPattern: { case: "exact", value: each } }));
  return { rule: { case: "orRules", value: { rules } } } as const;
}

function header([name, regex]: readonly [string, string]) {
  return headerRule(name, { matchPattern: { case: "safeRegex", value: { regex } } });
}

type StringMatch = { readonly matchPattern: { readonly case: "exact"; readonly value: string } | { readonly case: "safeRegex"; readonly value: { readonly regex: string } } };

function headerRule(name: string, match: StringMatch) {
  return { rule: { case: "header", value: { name, headerMatchSpecifier: { case: "stringMatch", value: match } } } } as const;
}
