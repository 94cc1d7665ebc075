import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { parseJwks, verifyToken, type TokenRules } from "@osm/pki";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { now, refusalOf } from "./pki.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = (key: KeyObject, rest: object) => ({ ...key.export({ format: "jwk" }), use: "sig", ...rest });

const keys = parseJwks(
  JSON.stringify({
    keys: [
      jwk(rsa.publicKey, { kid: "rsa", alg: "RS256" }),
      jwk(rsa.publicKey, { kid: "rsa-any" }),
      jwk(p256.publicKey, { kid: "p256" }),
      jwk(p384.publicKey, { kid: "p384" }),
    ],
  }),
);
const issuer = "https://kubernetes.default.svc";
const rules: TokenRules = { keys, issuers: ["https://old.example.com", issuer], audience: "osm.osm", now, leewaySec: 60 };

const claims = {
  iss: issuer,
  aud: ["osm.osm"],
  sub: "system:serviceaccount:bookstore:bookstore-v1",
  iat: now - 10,
  nbf: now - 10,
  exp: now + 3600,
  "kubernetes.io": {
    namespace: "bookstore",
    pod: { name: "bookstore-v1-0", uid: "0d5ab1a6-0f1b-4d0e-9d0e-0d5ab1a60f1b" },
    serviceaccount: { name: "bookstore-v1", uid: "2b0c9b8e-3f61-4b4e-8a0f-7a5d6d1d2e3f" },
  },
};
const bound = claims["kubernetes.io"];

interface Signing {
  readonly header?: object;
  readonly payload?: object | string;
  readonly key?: KeyObject;
  readonly hash?: string;
}

function part(content: object | string): string {
  return Buffer.from(typeof content === "string" ? content : JSON.stringify(content)).toString("base64url");
}

function tokenOf({ header = {}, payload = claims, key = rsa.privateKey, hash = "sha256" }: Signing = {}): string {
  const content = `${part({ alg: "RS256", kid: "rsa", ...header })}.${part(payload)}`;
  return `${content}.${sign(hash, Buffer.from(content), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

function reasonOf(token: string, change: Partial<TokenRules> = {}): string {
  const verdict = verifyToken(token, { ...rules, ...change });
  return verdict.kind === "ok" ? "ok" : verdict.reason;
}

const claiming = (change: object) => tokenOf({ payload: { ...claims, ...change } });
const inPod = (change: object) => claiming({ "kubernetes.io": { ...bound, ...change } });

describe("a projected token", () => {
  test("says who it speaks for", () => {
    expect(verifyToken(tokenOf(), rules)).toEqual({
      kind: "ok",
      claims: {
        namespace: "bookstore",
        serviceAccount: "bookstore-v1",
        podName: "bookstore-v1-0",
        podUid: "0d5ab1a6-0f1b-4d0e-9d0e-0d5ab1a60f1b",
        expiresAt: now + 3600,
      },
    });
  });
  test.each([
    ["RS384", tokenOf({ header: { alg: "RS384", kid: "rsa-any" }, hash: "sha384" })],
    ["RS512", tokenOf({ header: { alg: "RS512", kid: "rsa-any" }, hash: "sha512" })],
    ["ES256", tokenOf({ header: { alg: "ES256", kid: "p256" }, key: p256.privateKey })],
    ["ES384", tokenOf({ header: { alg: "ES384", kid: "p384" }, key: p384.privateKey, hash: "sha384" })],
    ["one audience as a text", claiming({ aud: "osm.osm" })],
    ["several audiences", claiming({ aud: ["api", "osm.osm"] })],
    ["an end within the leeway", claiming({ exp: now - 59 })],
    ["a beginning within the leeway", claiming({ nbf: now + 60, iat: now + 60 })],
    ["claims that nobody knows", claiming({ extra: { nested: [1] } })],
  ])("passes with %s", (_, token) => {
    expect(reasonOf(token)).toBe("ok");
  });
});

const [head = "", body = "", signature = ""] = tokenOf().split(".");
const hs256 = `${part({ alg: "HS256", kid: "rsa" })}.${body}`;
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" });

describe("a token is refused", () => {
  test.each([
    ["malformed", "nothing", ""],
    ["malformed", "two parts", `${head}.${body}`],
    ["malformed", "four parts", `${tokenOf()}.x`],
    ["malformed", "a Bearer before it", `Bearer ${tokenOf()}`],
    ["malformed", "no signature", `${head}.${body}.`],
    ["malformed", "padding", `${tokenOf()}=`],
    ["malformed", "a header that is no object", `${part("[]")}.${body}.${signature}`],
    ["malformed", "a key id that is a number", tokenOf({ header: { kid: 7 } })],
    ["malformed", "no key id", tokenOf({ header: { kid: undefined } })],
    ["malformed", "a critical extension", tokenOf({ header: { crit: ["exp"] } })],
    ["malformed", "a payload that is no JSON", tokenOf({ payload: "{" })],
    ["malformed", "a payload that is no object", tokenOf({ payload: "7" })],
    ["malformed", "no expiry", claiming({ exp: undefined })],
    ["malformed", "an expiry that is a text", claiming({ exp: "never" })],
    ["malformed", "16 KiB and more", claiming({ filling: "x".repeat(16_384) })],
    ["algorithm", "none", `${part({ alg: "none", kid: "rsa" })}.${body}.${signature}`],
    ["algorithm", "the public key as a shared secret", `${hs256}.${createHmac("sha256", publicPem).update(hs256).digest("base64url")}`],
    ["algorithm", "a name that every object has", tokenOf({ header: { alg: "constructor" } })],
    ["algorithm", "an elliptic algorithm for an RSA key", tokenOf({ header: { alg: "ES256", kid: "rsa-any" } })],
    ["algorithm", "another hash than the key is for", tokenOf({ header: { alg: "RS512" }, hash: "sha512" })],
    ["algorithm", "another curve than the key's", tokenOf({ header: { alg: "ES384", kid: "p256" }, key: p384.privateKey, hash: "sha384" })],
    ["unknown-key", "a key id that nobody published", tokenOf({ header: { kid: "new" } })],
    ["signature", "a stranger's key", tokenOf({ key: stranger.privateKey })],
    ["signature", "other claims", `${head}.${part({ ...claims, sub: "system:serviceaccount:a:b" })}.${signature}`],
    ["issuer", "another issuer", claiming({ iss: "https://example.com" })],
    ["issuer", "no issuer", claiming({ iss: undefined })],
    ["audience", "another mesh's audience", claiming({ aud: ["osm.other"] })],
    ["audience", "no audience", claiming({ aud: undefined })],
    ["expired", "its end behind it", claiming({ exp: now - 60 })],
    ["not-yet-valid", "its beginning ahead", claiming({ nbf: now + 61 })],
    ["not-yet-valid", "its issuance ahead", claiming({ iat: now + 61 })],
    ["not-bound-to-a-pod", "no Kubernetes claims", claiming({ "kubernetes.io": undefined })],
    ["not-bound-to-a-pod", "no pod", inPod({ pod: undefined })],
    ["not-bound-to-a-pod", "a node in place of a pod", inPod({ pod: undefined, node: { name: "n1", uid: "u1" } })],
    ["not-bound-to-a-pod", "a pod uid that could be no token of a subject", inPod({ pod: { name: "p", uid: "*.>" } })],
    ["subject", "another account as its subject", claiming({ sub: "system:serviceaccount:bookstore:admin" })],
    ["subject", "a user as its subject", claiming({ sub: "admin" })],
    ["subject", "claims of another namespace", inPod({ namespace: "other" })],
  ])("as %s: %s", (reason, _, token) => {
    expect(reasonOf(token)).toBe(reason);
  });
  test("when the key set is empty", () => {
    expect(reasonOf(tokenOf(), { keys: parseJwks('{"keys":[]}') })).toBe("unknown-key");
  });
  test("when the clock is nonsense", () => {
    expect(reasonOf(tokenOf(), { now: Number.NaN })).toBe("expired");
  });
});

test("whatever is done to a token, it never passes and nothing is thrown", () => {
  const token = tokenOf({ header: { alg: "ES256", kid: "p256" }, key: p256.privateKey });
  const offset = fc.nat({ max: token.length - 1 });
  fc.assert(
    fc.property(offset, offset, fc.string({ maxLength: 4 }), (from, to, filling) => {
      const changed = token.slice(0, from) + filling + token.slice(to);
      fc.pre(changed !== token);
      expect(reasonOf(changed)).not.toBe("ok");
    }),
    { numRuns: 3000 },
  );
});

describe("a key set", () => {
  test("passes over keys that are for something else", () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const set = [
      jwk(weak.publicKey, { kid: "weak" }),
      jwk(p256.publicKey, { kid: "enc", use: "enc" }),
      jwk(p256.publicKey, {}),
      { kty: "oct", kid: "shared", k: "c2VjcmV0" },
      { kty: "OKP", kid: "ed", crv: "Ed25519", x: "AA" },
      { kty: "RSA", kid: "broken", n: "!", e: "AQAB" },
      "key",
      jwk(p256.publicKey, { kid: "good" }),
    ];
    expect([...parseJwks(JSON.stringify({ keys: set })).keys()]).toEqual(["good"]);
  });
  test("may hold two keys of one id", () => {
    const two = parseJwks(JSON.stringify({ keys: [jwk(stranger.publicKey, { kid: "rsa" }), jwk(rsa.publicKey, { kid: "rsa" })] }));
    expect(reasonOf(tokenOf(), { keys: two })).toBe("ok");
  });
  test("keeps no private part", () => {
    const [leaked] = parseJwks(JSON.stringify({ keys: [jwk(rsa.privateKey, { kid: "leaked" })] })).get("leaked") ?? [];
    expect(leaked?.key.handle.type).toBe("public");
  });
  test.each(["", "{", "[]", '{"keys":7}', "null"])("is not %j", (text) => {
    expect(refusalOf(() => parseJwks(text))).toBe("Unreadable");
  });
  test("is not of any size", () => {
    expect(refusalOf(() => parseJwks(" ".repeat(262_145)))).toBe("TooLarge");
  });
});
