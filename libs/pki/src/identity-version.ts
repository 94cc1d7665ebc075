import { parseDigest, type Digest } from "@osm/model";
import { clockSkewSec, type UnixSeconds } from "./civil-time.ts";

/** What the version of an `identity` secret says, so that a replica which never saw the certificate can judge it. */
export interface IdentityVersion {
  readonly issuer: Digest;
  readonly notAfter: UnixSeconds;
  readonly certificate: Digest;
}

/** `<issuer digest>.<notAfter>.<certificate digest>` */
export function identityVersion({ issuer, notAfter, certificate }: IdentityVersion): string {
  return `${issuer}.${notAfter}.${certificate}`;
}

/** Undefined when the text is no such version: proxies may say anything. */
export function parseIdentityVersion(text: string): IdentityVersion | undefined {
  const [, issuer, notAfter, certificate] = /^([0-9a-f]{64})\.([0-9]{1,12})\.([0-9a-f]{64})$/.exec(text) ?? [];
  if (!issuer || !notAfter || !certificate) return undefined;
  return { issuer: parseDigest(issuer), notAfter: Number(notAfter), certificate: parseDigest(certificate) };
}

/** True when a proxy that shows this version needs nothing: it was signed by who signs now, and has not run out. */
export function isLive(version: string, { issuer, now }: { readonly issuer: Digest; readonly now: UnixSeconds }): boolean {
  const parsed = parseIdentityVersion(version);
  return parsed !== undefined && parsed.issuer === issuer && now < parsed.notAfter;
}

/** Renewals that were issued together are spread over this share of their life. */
const spread = 0.1;

export interface Life {
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  /** A random number from 0 up to, not including, 1. */
  readonly jitter: number;
}

/**
 * When to renew: at two thirds of life at the latest, up to a tenth of life earlier. Life begins at issuance, a clock skew
 * after notBefore; counted from notBefore itself a certificate of seconds would be due the moment it is made.
 */
export function renewAt({ notBefore, notAfter, jitter }: Life): UnixSeconds {
  const issuedAt = Math.min(notBefore + clockSkewSec, notAfter);
  return issuedAt + (notAfter - issuedAt) * (2 / 3 - spread * jitter);
}
