import { isObjectName, podUid, type Identity, type PodUid } from "@osm/model";
import { z } from "zod";
import type { UnixSeconds } from "./civil-time.ts";
import type { JwkSet } from "./jwks.ts";
import { openJws, type JwsRefusal } from "./jws.ts";

export type TokenRefusal = JwsRefusal | "issuer" | "audience" | "expired" | "not-yet-valid" | "not-bound-to-a-pod" | "subject";

/** Who a projected ServiceAccount token speaks for. */
export interface TokenClaims extends Identity {
  readonly podName: string;
  readonly podUid: PodUid;
  readonly expiresAt: UnixSeconds;
}

export type Verdict =
  | { readonly kind: "ok"; readonly claims: TokenClaims }
  | { readonly kind: "refused"; readonly reason: TokenRefusal };

export interface TokenRules {
  readonly keys: JwkSet;
  readonly issuers: readonly string[];
  readonly audience: string;
  readonly now: UnixSeconds;
  /** How far the clocks of the cluster and of this process may differ. */
  readonly leewaySec: number;
}

const common = z.object({
  iss: z.string().optional(),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional(),
  sub: z.string().optional(),
  exp: z.number(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
});
type Common = z.output<typeof common>;

const uid = z.string().transform((text, context) => {
  try {
    return podUid(text);
  } catch {
    context.addIssue({ code: "custom", message: "invalid" });
    return z.NEVER;
  }
});
const objectName = z.string().refine(isObjectName);
const bound = z.object({
  "kubernetes.io": z.object({
    namespace: objectName,
    serviceaccount: z.object({ name: objectName }),
    pod: z.object({ name: objectName, uid }),
  }),
});

/**
 * Judges a token against the cluster's keys alone. Only a projected token that is bound to a pod passes, and only when its
 * subject says the same as its claims. Never throws; on `unknown-key` fresher keys may help, on all else nothing does.
 */
export function verifyToken(token: string, rules: TokenRules): Verdict {
  const jws = openJws(token, rules.keys);
  if (jws.kind === "refused") return jws;
  const claims = common.safeParse(jws.payload);
  if (!claims.success) return refused("malformed");
  const reason = refusalOf(claims.data, rules);
  return reason ? refused(reason) : speakerOf(claims.data, jws.payload);
}

function refusalOf(claims: Common, { issuers, audience, now, leewaySec }: TokenRules): TokenRefusal | undefined {
  if (claims.iss === undefined || !issuers.includes(claims.iss)) return "issuer";
  if (!claims.aud?.includes(audience)) return "audience";
  if (!(now < claims.exp + leewaySec)) return "expired";
  if (!(Math.max(claims.nbf ?? 0, claims.iat ?? 0) <= now + leewaySec)) return "not-yet-valid";
  return undefined;
}

function speakerOf(claims: Common, payload: unknown): Verdict {
  const parsed = bound.safeParse(payload);
  if (!parsed.success) return refused("not-bound-to-a-pod");
  const { namespace, serviceaccount, pod } = parsed.data["kubernetes.io"];
  if (claims.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`) return refused("subject");
  return {
    kind: "ok",
    claims: { namespace, serviceAccount: serviceaccount.name, podName: pod.name, podUid: pod.uid, expiresAt: claims.exp },
  };
}

function refused(reason: TokenRefusal): Verdict {
  return { kind: "refused", reason };
}
