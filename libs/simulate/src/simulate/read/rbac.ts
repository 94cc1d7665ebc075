import { z } from "zod";
import { typed } from "./strict.ts";
import { headerMatcher, stringMatcher } from "./matcher.ts";

export type Permission =
  | { readonly any: true }
  | { readonly and_rules: { readonly rules: readonly Permission[] } }
  | { readonly or_rules: { readonly rules: readonly Permission[] } }
  | { readonly not_rule: Permission }
  | { readonly header: z.output<typeof headerMatcher> }
  | { readonly url_path: { readonly path: z.output<typeof stringMatcher> } }
  | { readonly destination_port: number };

const permission: z.ZodType<Permission> = z.lazy(() =>
  z.union([
    z.strictObject({ any: z.literal(true) }),
    z.strictObject({ and_rules: z.strictObject({ rules: z.array(permission).min(1) }) }),
    z.strictObject({ or_rules: z.strictObject({ rules: z.array(permission).min(1) }) }),
    z.strictObject({ not_rule: permission }),
    z.strictObject({ header: headerMatcher }),
    z.strictObject({ url_path: z.strictObject({ path: stringMatcher }) }),
    z.strictObject({ destination_port: z.int() }),
  ]),
);

export type Principal =
  | { readonly any: true }
  | { readonly and_ids: { readonly ids: readonly Principal[] } }
  | { readonly or_ids: { readonly ids: readonly Principal[] } }
  | { readonly not_id: Principal }
  | { readonly authenticated: { readonly principal_name?: z.output<typeof stringMatcher> | undefined } };

const principal: z.ZodType<Principal> = z.lazy(() =>
  z.union([
    z.strictObject({ any: z.literal(true) }),
    z.strictObject({ and_ids: z.strictObject({ ids: z.array(principal).min(1) }) }),
    z.strictObject({ or_ids: z.strictObject({ ids: z.array(principal).min(1) }) }),
    z.strictObject({ not_id: principal }),
    z.strictObject({ authenticated: z.strictObject({ principal_name: stringMatcher.optional() }) }),
  ]),
);

const policy = z.strictObject({ permissions: z.array(permission).min(1), principals: z.array(principal).min(1) });

/** Left-out action is ALLOW, the first of Envoy's enum. */
export const rules = z.strictObject({ action: z.enum(["ALLOW", "DENY"]).default("ALLOW"), policies: z.record(z.string(), policy).default({}) });
export type Rules = z.output<typeof rules>;

export const networkRbac = typed("envoy.extensions.filters.network.rbac.v3.RBAC", {
  rules: rules.optional(),
  stat_prefix: z.string().min(1),
});
export const httpRbac = typed("envoy.extensions.filters.http.rbac.v3.RBAC", { rules: rules.optional() });
export const httpRbacPerRoute = typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", {
  rbac: z.strictObject({ rules: rules.optional() }).optional(),
});
export const typedExtension = z.strictObject({ name: z.string(), typed_config: networkRbac });
