import { isObjectName, podUid, type PodUid } from "@osm/model";
import type { Verdict } from "@osm/pki";
import { z } from "zod";

/** What a cluster's API says of a token, beside what our own keys would. */
export type ReviewVerdict = Verdict | { readonly kind: "refused"; readonly reason: "not-vouched-for" };

/** What a token claims, believed of nobody: enough to see that no answer of the API could let it in. */
const claimed = z.object({
  iss: z.string(),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  exp: z.number(),
});

export interface Wanted {
  readonly issuers: readonly string[];
  readonly audience: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/** When the token runs out; or why the API need not be asked. */
export function claimedEnd(token: string, { issuers, audience, now }: Wanted): number | Extract<Verdict, { kind: "refused" }> {
  const parsed = claimed.safeParse(payloadOf(token));
  if (!parsed.success) return { kind: "refused", reason: "malformed" };
  const { iss, aud, exp } = parsed.data;
  if (!issuers.includes(iss)) return { kind: "refused", reason: "issuer" };
  if (!aud.includes(audience)) return { kind: "refused", reason: "audience" };
  return exp > now ? exp : { kind: "refused", reason: "expired" };
}

function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

const podKey = (name: "name" | "uid") => `authentication.kubernetes.io/pod-${name}` as const;
const account = z.string().transform((name, context) => {
  const [, namespace = "", serviceAccount = ""] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  if (isObjectName(namespace) && isObjectName(serviceAccount)) return { namespace, serviceAccount };
  context.addIssue({ code: "custom", message: "no ServiceAccount" });
  return z.NEVER;
});
const status = z.object({
  authenticated: z.literal(true),
  audiences: z.array(z.string()),
  user: z.object({ username: z.string(), extra: z.record(z.string(), z.array(z.string())).default({}) }),
});

/**
 * Reads a TokenReview that came back. A server that knows nothing of audiences leaves them out of its answer: it has vouched for
 * a token that may be meant for anybody, so nobody is let in by it. @throws Error for what is no TokenReview
 */
export function reviewVerdict(answer: unknown, { audience, end }: { readonly audience: string; readonly end: number }): ReviewVerdict {
  const review = z.object({ kind: z.literal("TokenReview"), status: z.unknown() }).safeParse(answer);
  if (!review.success) throw new Error("the API server answered with what is no TokenReview");
  const said = status.safeParse(review.data.status);
  if (!said.success) return { kind: "refused", reason: "not-vouched-for" };
  const { audiences, user } = said.data;
  if (!audiences.includes(audience)) return { kind: "refused", reason: "audience" };
  const identity = account.safeParse(user.username);
  if (!identity.success) return { kind: "refused", reason: "subject" };
  const pod = podIn(user.extra);
  return pod ? { kind: "ok", claims: { ...identity.data, ...pod, expiresAt: end } } : { kind: "refused", reason: "not-bound-to-a-pod" };
}

function podIn(extra: Readonly<Record<string, readonly string[]>>): { readonly podName: string; readonly podUid: PodUid } | undefined {
  const [podName = ""] = extra[podKey("name")] ?? [];
  const [uid = ""] = extra[podKey("uid")] ?? [];
  try {
    return isObjectName(podName) ? { podName, podUid: podUid(uid) } : undefined;
  } catch {
    return undefined;
  }
}
