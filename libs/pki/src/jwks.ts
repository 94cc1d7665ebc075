import { z } from "zod";
import { parseJwk, type PublicKey } from "./crypto.ts";
import { PkiError, guarded } from "./error.ts";

/** Keys that a cluster signs its tokens with, by key id; one id may stand for several. */
export type JwkSet = ReadonlyMap<string, readonly TokenKey[]>;

export interface TokenKey {
  readonly key: PublicKey;
  /** The only algorithm that the issuer uses the key with; undefined where it leaves that open. */
  readonly algorithm: string | undefined;
}

const largestSet = 262_144;
const mostKeys = 64;

// Only public members are named, so a private one that was published by mistake is dropped here.
const published = z.object({
  kid: z.string().min(1).max(256),
  kty: z.enum(["RSA", "EC"]),
  use: z.literal("sig").optional(),
  alg: z.string().optional(),
  n: z.string().exactOptional(),
  e: z.string().exactOptional(),
  crv: z.string().exactOptional(),
  x: z.string().exactOptional(),
  y: z.string().exactOptional(),
});

const keySet = z.object({ keys: z.array(z.unknown()).max(mostKeys) });

/**
 * The keys of a JWK set (RFC 7517) that a token could be signed with; others are passed over, as §5 wants.
 * @throws PkiError when the text is no JWK set.
 */
export function parseJwks(json: string): JwkSet {
  if (json.length > largestSet) throw new PkiError("TooLarge", "a key set of more than 256 KiB");
  const set = keySet.safeParse(guarded("Unreadable", "a key set that is not JSON", (): unknown => JSON.parse(json)));
  if (!set.success) throw new PkiError("Unreadable", "not a key set");
  const keys = new Map<string, readonly TokenKey[]>();
  for (const { id, ...key } of set.data.keys.flatMap(usableKey)) keys.set(id, [...(keys.get(id) ?? []), key]);
  return keys;
}

function usableKey(candidate: unknown): readonly (TokenKey & { readonly id: string })[] {
  const jwk = published.safeParse(candidate);
  if (!jwk.success) return [];
  const { kid, alg, use: _, ...members } = jwk.data;
  try {
    return [{ id: kid, algorithm: alg, key: parseJwk(members) }];
  } catch {
    return [];
  }
}
