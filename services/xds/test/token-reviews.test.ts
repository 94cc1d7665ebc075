import { silentLog } from "@osm/runtime";
import { manualClock } from "@osm/testkit";
import { expect, test } from "vitest";
import { createTokenReviews } from "../src/token-reviews.ts";
import { identityOf } from "./mesh-said.ts";
import { createTokenKey, issuer, type TokenWish } from "./tokens.ts";

const audience = "osm.osm";
const key = createTokenKey("unheard-of");
const start = Date.now();
const tokenOf = (wish: Partial<TokenWish> = {}) => key.token({ uid: "web", identity: identityOf("web"), now: start, ...wish });
const vouched = { authenticated: true, audiences: [audience], user: { username: "system:serviceaccount:shop:web", extra: {
  "authentication.kubernetes.io/pod-name": ["web-1"], "authentication.kubernetes.io/pod-uid": ["web"] } } };

/** An API that answers with these statuses, one after the other; an error where there is none. */
function api(...statuses: readonly object[]) {
  const clock = manualClock(start);
  const asked: object[] = [];
  const ask = async (review: object): Promise<unknown> => {
    const said = statuses[asked.length];
    asked.push(review);
    if (!said) throw new Error("the API server answered 503");
    return { kind: "TokenReview", status: said };
  };
  return { clock, asked, reviews: createTokenReviews({ ask, issuers: [issuer], audience, now: clock.now, log: silentLog }) };
}

test("a token that the API vouches for speaks for its pod, and the API is asked for this audience", async () => {
  const { asked, reviews } = api(vouched);
  const token = tokenOf();
  expect(await reviews(token)).toEqual({
    kind: "ok", claims: { namespace: "shop", serviceAccount: "web", podName: "web-1", podUid: "web", expiresAt: Math.floor(start / 1000) + 3600 },
  });
  expect(asked).toEqual([{ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences: [audience] } }]);
});

test.each([
  ["not-vouched-for", { authenticated: false, error: "no" }],
  ["not-vouched-for", {}],
  ["audience", { ...vouched, audiences: [] }],
  ["not-vouched-for", { authenticated: true, user: vouched.user }],
  ["audience", { ...vouched, audiences: ["osm.other"] }],
  ["subject", { ...vouched, user: { ...vouched.user, username: "admin" } }],
  ["subject", { ...vouched, user: { ...vouched.user, username: "system:serviceaccount:shop:" } }],
  ["not-bound-to-a-pod", { ...vouched, user: { username: vouched.user.username } }],
])("an answer that vouches for less is a refusal: %s", async (reason, status) => {
  expect(await api(status).reviews(tokenOf())).toEqual({ kind: "refused", reason });
});

test.each([
  ["malformed", "let-me-in"],
  ["issuer", tokenOf({ issuer: "https://elsewhere" })],
  ["audience", tokenOf({ audience: "osm.other" })],
  ["expired", tokenOf({ now: start - 3_700_000 })],
])("what no answer could let in is not asked for: %s", async (reason, token) => {
  const { asked, reviews } = api(vouched);
  expect(await reviews(token)).toEqual({ kind: "refused", reason });
  expect(asked).toEqual([]);
});

test("a verdict holds for half a minute, and all who ask meanwhile share it", async () => {
  const { clock, asked, reviews } = api(vouched, { authenticated: false });
  const token = tokenOf();
  expect((await Promise.all([reviews(token), reviews(token)])).map((each) => each?.kind)).toEqual(["ok", "ok"]);
  clock.advance(29_999);
  expect((await reviews(token))?.kind).toBe("ok");
  expect(asked).toHaveLength(1);
  clock.advance(1);
  expect((await reviews(token))?.kind).toBe("refused");
  expect(asked).toHaveLength(2);
});

test("an API that fails says nothing: that is no yes and no no, and it is left alone for a second", async () => {
  const statuses: object[] = [];
  const { clock, asked, reviews } = api(...statuses);
  expect(await reviews(tokenOf())).toBeUndefined();
  expect(await reviews(tokenOf({ uid: "job" }))).toBeUndefined();
  expect(asked).toHaveLength(1);
  clock.advance(1000);
  expect(await reviews(tokenOf())).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test("a crowd does not become a crowd at the API", async () => {
  const answer = Promise.withResolvers<unknown>();
  let asked = 0;
  const ask = (): Promise<unknown> => {
    asked++;
    return answer.promise;
  };
  const reviews = createTokenReviews({ ask, issuers: [issuer], audience, now: () => start, log: silentLog });
  const all = Array.from({ length: 1000 }, (_, at) => reviews(tokenOf({ uid: `pod-${at}` })));
  answer.resolve({ kind: "TokenReview", status: vouched });
  const said = await Promise.all(all);
  expect(asked).toBe(64);
  expect(said.filter((each) => each === undefined)).toHaveLength(936);
});

test("a flood of tokens that nobody signed costs the API so many questions a second, and others are asked about after it", async () => {
  const { clock, asked, reviews } = api(...Array.from({ length: 65 }, () => ({ authenticated: false })));
  const flood = (from: number) => Promise.all(Array.from({ length: 100 }, (_, at) => reviews(tokenOf({ uid: `flood-${from + at}` }))));
  expect((await flood(0)).filter((verdict) => verdict === undefined)).toHaveLength(36);
  expect(await reviews(tokenOf())).toBeUndefined();
  clock.advance(20);
  expect(await reviews(tokenOf())).toEqual({ kind: "refused", reason: "not-vouched-for" });
  expect(asked).toHaveLength(65);
});
