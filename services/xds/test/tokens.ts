import { generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from "node:crypto";
import type { Identity } from "@osm/model";

export interface TokenWish {
  readonly uid: string;
  readonly identity: Identity;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly issuer?: string;
  readonly audience?: string;
  readonly lifeSec?: number;
}

/** What a kube-apiserver of a test's own calls itself. */
export const clusterIssuer = "https://kubernetes.default.svc";

export const issuer = "https://kubernetes.default.svc.cluster.local";

/** Signs tokens as a cluster does for a pod's projected volume. */
export interface TokenKey {
  readonly jwk: JsonWebKey;
  token(wish: TokenWish): string;
}

export function createTokenKey(kid: string): TokenKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    jwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" },
    token: (wish) => signed(privateKey, kid, claimsOf(wish)),
  };
}

function signed(key: KeyObject, kid: string, claims: object): string {
  const content = `${encoded({ alg: "ES256", kid })}.${encoded(claims)}`;
  return `${content}.${sign("sha256", Buffer.from(content), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

function claimsOf({ uid, identity: { namespace, serviceAccount }, now, issuer: iss = issuer, audience = "osm.osm", lifeSec = 3600 }: TokenWish): object {
  const iat = Math.floor(now / 1000);
  return {
    aud: [audience], exp: iat + lifeSec, iat, nbf: iat, iss,
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
    "kubernetes.io": { namespace, pod: { name: `pod-${uid}`, uid }, serviceaccount: { name: serviceAccount, uid: "any" } },
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
