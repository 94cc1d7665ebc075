import { z } from "zod";
import { isSignedBy, type Hash, type KeyAlgorithm } from "./crypto.ts";
import type { JwkSet, TokenKey } from "./jwks.ts";

export type JwsRefusal = "malformed" | "algorithm" | "unknown-key" | "signature";
export type Jws = { readonly kind: "ok"; readonly payload: unknown } | { readonly kind: "refused"; readonly reason: JwsRefusal };

/** Kubernetes' own tokens have about 1 KiB. */
const largestToken = 16_384;

/** What each algorithm wants of its key. Nothing that is signed by a shared secret, or not at all, is here. */
const algorithms: Readonly<Record<string, { readonly hash: Hash; readonly fits: (key: KeyAlgorithm) => boolean }>> = {
  RS256: { hash: "sha256", fits: (key) => key.kind === "rsa" },
  RS384: { hash: "sha384", fits: (key) => key.kind === "rsa" },
  RS512: { hash: "sha512", fits: (key) => key.kind === "rsa" },
  ES256: { hash: "sha256", fits: (key) => key.kind === "ec" && key.curve === "P-256" },
  ES384: { hash: "sha384", fits: (key) => key.kind === "ec" && key.curve === "P-384" },
};

/** `crit` would change what the signature means (RFC 7515 §4.1.11); a token that has it is not understood. */
const header = z.object({ alg: z.string(), kid: z.string(), crit: z.undefined().optional() });
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Opens a compact JWS (RFC 7515) that one of the keys has signed. Never throws. */
export function openJws(token: string, keys: JwkSet): Jws {
  const parts = token.length <= largestToken ? token.split(".") : [];
  const [head = "", body = "", tail = ""] = parts;
  const parsed = header.safeParse(jsonIn(head));
  const payload = jsonIn(body);
  const signature = bytesIn(tail);
  if (parts.length !== 3 || !parsed.success || payload === undefined || !signature) return refused("malformed");

  const refusal = signatureRefusal(parsed.data, { keys, content: Buffer.from(`${head}.${body}`, "latin1"), signature });
  return refusal ? refused(refusal) : { kind: "ok", payload };
}

interface Proof {
  readonly keys: JwkSet;
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
}

function signatureRefusal({ alg, kid }: { readonly alg: string; readonly kid: string }, proof: Proof): JwsRefusal | undefined {
  const algorithm = Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined;
  if (!algorithm) return "algorithm";
  const named = proof.keys.get(kid);
  if (!named) return "unknown-key";
  const fitting = named.filter((candidate) => algorithm.fits(candidate.key.algorithm) && allows(candidate, alg));
  if (fitting.length === 0) return "algorithm";
  const { content, signature } = proof;
  const signed = { hash: algorithm.hash, content, signature, ecdsa: "ieee-p1363" } as const;
  return fitting.some(({ key }) => isSignedBy(key, signed)) ? undefined : "signature";
}

function allows(key: TokenKey, alg: string): boolean {
  return key.algorithm === undefined || key.algorithm === alg;
}

function jsonIn(part: string): unknown {
  const bytes = bytesIn(part);
  try {
    return bytes && JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Undefined unless it is base64url as an encoder writes it: one token, one text. */
function bytesIn(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, "base64url");
  return part !== "" && bytes.toString("base64url") === part ? bytes : undefined;
}

function refused(reason: JwsRefusal): Jws {
  return { kind: "refused", reason };
}
