import { createPublicKey, verify } from "node:crypto";
import { createTokenIssuer } from "@osm/sandbox";
import { describe, expect, test } from "vitest";

const request = {
  namespace: "bookstore",
  serviceAccount: "bookstore-v1",
  pod: { name: "bookstore-v1-a", uid: "0b9d6ea5-5b7e-4b4e-9b41-0f6a3bc8f5a1" },
  audience: "osm.demo",
  lifetimeSec: 600,
  now: 1_800_000_000_500,
};

function parts(token: string) {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const read = (text: string): unknown => JSON.parse(Buffer.from(text, "base64url").toString());
  return { header: read(header), claims: read(claims), signed: Buffer.from(`${header}.${claims}`), signature: Buffer.from(signature, "base64url") };
}

describe("token issuer", () => {
  test("signs with the key that its key set names", () => {
    const issuer = createTokenIssuer();
    const [jwk = {}] = issuer.jwks().keys;
    const { header, signed, signature } = parts(issuer.issue(request));
    expect(header).toEqual({ alg: "ES256", kid: jwk["kid"] });
    const key = createPublicKey({ key: jwk, format: "jwk" });
    expect(verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
    expect(verify("sha256", Buffer.from("other"), { key, dsaEncoding: "ieee-p1363" }, signature)).toBe(false);
  });

  test("writes the claims of a projected token", () => {
    const { claims } = parts(createTokenIssuer("https://issuer.test").issue(request));
    expect(claims).toEqual({
      aud: ["osm.demo"],
      exp: 1_800_000_600,
      iat: 1_800_000_000,
      nbf: 1_800_000_000,
      iss: "https://issuer.test",
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sub: "system:serviceaccount:bookstore:bookstore-v1",
      "kubernetes.io": {
        namespace: "bookstore",
        pod: request.pod,
        serviceaccount: { name: "bookstore-v1", uid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    });
  });

  test("never shows its private key, and has another one each time", () => {
    const [first, second] = [createTokenIssuer().jwks().keys[0], createTokenIssuer().jwks().keys[0]];
    expect(first).not.toHaveProperty("d");
    expect(first?.["kid"]).not.toBe(second?.["kid"]);
  });
});
