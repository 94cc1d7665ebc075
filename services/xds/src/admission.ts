import type { Identity } from "@osm/model";
import { verifyToken, type TokenClaims, type TokenRefusal, type Verdict } from "@osm/pki";
import type { Clock, Log } from "@osm/runtime";
import type { ProxyPayload } from "@osm/wire";
import type { KeySource } from "./key-source.ts";
import type { TokenReviews } from "./token-reviews.ts";
import type { ActiveView, World } from "./world.ts";

/** Who opened a stream, or why nobody is let in. */
export type Admission =
  | { readonly kind: "admitted"; readonly proxy: ProxyPayload; readonly view: ActiveView; readonly claims: TokenClaims }
  | { readonly kind: "refused"; readonly reason: TokenRefusal | "no-token" | "no-keys" | "not-vouched-for" | "unknown-pod" | "other-account" | "not-compiled-yet" | "too-many-waiting" };

export interface AdmissionRules {
  readonly world: World;
  readonly keys: KeySource;
  /** Asked where the keys cannot tell; nobody is when left out. */
  readonly reviews?: TokenReviews;
  readonly issuers: readonly string[];
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly schedule: Clock["schedule"];
  readonly log: Log;
}

/** Clocks of the cluster and of this process may differ by this much. */
const leewaySec = 60;
/** A pod may be a moment younger than what this replica knows; longer than this it is a stranger. */
const holdMs = 10_000;
const mostHeld = 1000;

export interface Gate {
  /** Judges a token. A stream whose pod is not known yet is held, with nothing else allocated for it. */
  admit(token: string | undefined, signal: AbortSignal): Promise<Admission>;
  /** More is known: who waited for it goes on. */
  wake(): void;
}

export function createGate(rules: AdmissionRules): Gate {
  const held = new Set<() => void>();

  const hold = async (uid: string, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => isServable(rules.world, uid) && resolve();
    const cancel = rules.schedule(holdMs, resolve);
    const leave = () => resolve();
    signal.addEventListener("abort", leave, { once: true });
    held.add(look);
    await promise;
    held.delete(look);
    signal.removeEventListener("abort", leave);
    cancel();
  };

  return {
    wake: () => {
      for (const look of held) look();
    },
    admit: async (token, signal) => {
      const verdict = await judge(token, rules);
      if (verdict.kind === "refused") return verdict;
      const { podUid } = verdict.claims;
      if (!isServable(rules.world, podUid)) {
        if (held.size >= mostHeld) return { kind: "refused", reason: "too-many-waiting" };
        await hold(podUid, signal);
      }
      return admitted(verdict.claims, rules.world);
    },
  };
}

/** A proxy is answered from a whole world or not at all: an empty answer would take away what it has. */
function isServable({ proxies, views, trust }: World, uid: string): boolean {
  const view = proxies.get(uid)?.view;
  return view !== undefined && views.has(view) && trust !== undefined;
}

/** Where keys cannot tell, the API may. Where neither does nobody can be told from anybody: all are refused, and come again. */
async function judge(token: string | undefined, rules: AdmissionRules) {
  if (!token) return { kind: "refused", reason: "no-token" } as const;
  const verdict = await verdictByKeys(token, rules);
  if (verdict.kind === "ok" || !leavesOpen.has(verdict.reason)) return verdict;
  return (await rules.reviews?.(token)) ?? verdict;
}

/** Refusals that say nothing of the token but that we lack a key. */
const leavesOpen: ReadonlySet<string> = new Set(["no-keys", "unknown-key"]);

async function verdictByKeys(token: string, rules: AdmissionRules) {
  try {
    return await verdictOn(token, rules);
  } catch (err) {
    rules.log.error({ err }, "token keys unreadable");
    return { kind: "refused", reason: "no-keys" } as const;
  }
}

async function verdictOn(token: string, { keys, issuers, audience, now }: AdmissionRules): Promise<Verdict> {
  const check = async (fresh: boolean) => {
    const set = fresh ? await keys.refreshed() : await keys.current();
    return verifyToken(token, { keys: set, issuers, audience, now: Math.floor(now() / 1000), leewaySec });
  };
  const first = await check(false);
  return first.kind === "refused" && first.reason === "unknown-key" ? check(true) : first;
}

/** The token's account must be the one that the pod runs as: node ids and the like are labels, never proof. */
function admitted(claims: TokenClaims, world: World): Admission {
  const proxy = world.proxies.get(claims.podUid);
  if (!proxy) return { kind: "refused", reason: "unknown-pod" };
  if (!isSame(proxy.identity, claims)) return { kind: "refused", reason: "other-account" };
  const view = world.views.get(proxy.view);
  return view && world.trust ? { kind: "admitted", proxy, view, claims } : { kind: "refused", reason: "not-compiled-yet" };
}

function isSame(a: Identity, b: Identity): boolean {
  return a.namespace === b.namespace && a.serviceAccount === b.serviceAccount;
}
