import { createHash } from "node:crypto";
import type { Log } from "@osm/runtime";
import { askCluster, type OwnCluster } from "./own-cluster.ts";
import { claimedEnd, reviewVerdict, type ReviewVerdict } from "./reviewed-token.ts";

/** Asks the cluster's API of a token; undefined: it has not said, and who wants to know comes again. */
export type TokenReviews = (token: string) => Promise<ReviewVerdict | undefined>;

export interface ReviewRules {
  /** Sends a TokenReview, and gives what came back. */
  readonly ask: (review: object) => Promise<unknown>;
  readonly issuers: readonly string[];
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** So long a verdict is believed: a proxy that comes again within it costs the API nothing. A pod that has gone is refused all the same. */
const keptMs = 30_000;
const mostKept = 2000;
/** At a time. Who comes beyond is not kept waiting. */
const mostAsked = 64;
/** Tokens that nobody signed cost the API no more than this, however many are shown. */
const mostEachSecond = 64;
/** After a failure the API is left alone for this long. */
const restMs = 1000;
const answerWithinMs = 5000;
const apiVersion = "authentication.k8s.io/v1";

interface Kept {
  readonly verdict: Promise<ReviewVerdict | undefined>;
  readonly until: number;
}

/** Judges tokens by asking the API, for when its keys are not to be had or lack the one that signed. Of a token only its digest is kept. */
export function createTokenReviews({ ask, issuers, audience, now, log }: ReviewRules): TokenReviews {
  const kept = new Map<string, Kept>();
  const mayAsk = atMost(mostEachSecond, now);
  let [underWay, resumeAt] = [0, -Infinity];

  const reviewed = async (token: string, end: number): Promise<ReviewVerdict | undefined> => {
    underWay++;
    try {
      return reviewVerdict(await ask({ apiVersion, kind: "TokenReview", spec: { token, audiences: [audience] } }), { audience, end });
    } catch (err) {
      if (now() >= resumeAt) log.warn({ err }, "token review failed, tried again");
      resumeAt = now() + restMs;
      return undefined;
    } finally {
      underWay--;
    }
  };
  const hasRoom = () => underWay < mostAsked && now() >= resumeAt && mayAsk();
  return async (token) => {
    const end = claimedEnd(token, { issuers, audience, now: now() / 1000 });
    if (typeof end !== "number") return end;
    const key = createHash("sha256").update(token).digest("base64");
    const known = kept.get(key);
    if (known && now() < known.until) return known.verdict;
    if (!hasRoom()) return undefined;
    const verdict = reviewed(token, end);
    const entry = { verdict, until: now() + keptMs };
    kept.delete(key);
    kept.set(key, entry);
    for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
    // What the API did not say is not remembered, neither as a yes nor as a no.
    if ((await verdict) === undefined && kept.get(key) === entry) kept.delete(key);
    return verdict;
  };
}

/** True so many times a second, as many at once. */
function atMost(eachSecond: number, now: () => number): () => boolean {
  let [left, at] = [eachSecond, now()];
  return () => {
    const time = now();
    left = Math.min(eachSecond, left + ((time - at) / 1000) * eachSecond);
    at = time;
    if (left < 1) return false;
    left--;
    return true;
  };
}

/** The API of the pod's own cluster, which wants the right to create `tokenreviews`. */
export function asksCluster(cluster: OwnCluster): ReviewRules["ask"] {
  return async (review): Promise<unknown> =>
    JSON.parse(await askCluster(cluster, {
      path: `/apis/${apiVersion}/tokenreviews`, accept: "application/json", body: JSON.stringify(review),
      withinMs: answerWithinMs, what: "to review a token (this account needs `create` on tokenreviews)",
    }));
}
