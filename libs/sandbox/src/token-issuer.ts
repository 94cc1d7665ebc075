import { createHash, generateKeyPairSync, randomUUID, sign, type JsonWebKey } from "node:crypto";
import { uidOf } from "./uid.ts";

/** JSON Web Key Set (RFC 7517), as an API server serves it at /openid/v1/jwks. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly audience: string;
  readonly lifetimeSec: number;
  /** Milliseconds since 1970, as Date.now() gives them. */
  readonly now: number;
}

/** Plays the API server: signs ServiceAccount tokens with a key of its own. */
export interface TokenIssuer {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  jwks(): JsonWebKeySet;
  /** A JWT bound to the pod, with the claims Kubernetes writes into a projected token. */
  issue(request: TokenRequest): string;
}

/** A new key each time: tokens of an earlier issuer are not valid under this one. */
export function createTokenIssuer(issuer = "https://kubernetes.default.svc.cluster.local"): TokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicJwk = publicKey.export({ format: "jwk" });
  const kid = thumbprint(publicJwk);
  return {
    issuer,
    jwks: () => ({ keys: [{ ...publicJwk, kid, use: "sig", alg: "ES256" }] }),
    issue: (request) => {
      const signed = `${encoded({ alg: "ES256", kid })}.${encoded(claimsOf(request, issuer))}`;
      const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${signed}.${signature.toString("base64url")}`;
    },
  };
}

function claimsOf({ namespace, serviceAccount, pod, audience, lifetimeSec, now }: TokenRequest, iss: string): object {
  const iat = Math.floor(now / 1000);
  return {
    aud: [audience],
    exp: iat + lifetimeSec,
    iat,
    iss,
    jti: randomUUID(),
    "kubernetes.io": {
      namespace,
      pod: { name: pod.name, uid: pod.uid },
      serviceaccount: { name: serviceAccount, uid: uidOf(`ServiceAccount/${namespace}/${serviceAccount}`) },
    },
    nbf: iat,
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
  };
}

/** RFC 7638: the required members in their order, hashed. */
function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
