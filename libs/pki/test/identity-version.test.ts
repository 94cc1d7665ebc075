import { identityVersion, isLive, parseIdentityVersion, readCertificate, renewAt } from "@osm/pki";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ca, dayLong, leafWith, now } from "./pki.ts";

const leaf = leafWith();
const version = identityVersion({ issuer: leaf.issuer, notAfter: leaf.notAfter, certificate: leaf.digest });

describe("the version of an identity", () => {
  test("is read back", () => {
    expect(version).toBe(`${ca.issuer}.${now + dayLong}.${readCertificate(leaf.pem).digest}`);
    expect(parseIdentityVersion(version)).toEqual({ issuer: leaf.issuer, notAfter: leaf.notAfter, certificate: leaf.digest });
  });
  test.each(["", ".", "1", `${ca.issuer}.1`, version.toUpperCase(), `${version}.`, ` ${version}`, version.replace(".1", ".-1")])("is not %j", (text) => {
    expect(parseIdentityVersion(text)).toBeUndefined();
    expect(isLive(text, { issuer: ca.issuer, now })).toBe(false);
  });
  test("is live until it runs out, and while its issuer signs", () => {
    expect(isLive(version, { issuer: ca.issuer, now: leaf.notAfter - 1 })).toBe(true);
    expect(isLive(version, { issuer: ca.issuer, now: leaf.notAfter })).toBe(false);
    expect(isLive(version, { issuer: leaf.digest, now })).toBe(false);
  });
});

describe("renewal", () => {
  test("is due at two thirds of life", () => {
    expect(renewAt({ ...leaf, jitter: 0 })).toBe(now + (dayLong * 2) / 3);
  });
  test("always falls within life, and never before half of it, also for lives of seconds", () => {
    const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 * dayLong }), jitter, (life, chance) => {
        const at = renewAt({ notBefore: now - 60, notAfter: now + life, jitter: chance });
        expect(at).toBeGreaterThan(now + life / 2);
        expect(at).toBeLessThanOrEqual(now + (life * 2) / 3);
      }),
    );
  });
  test("is spread by the jitter", () => {
    expect(renewAt({ ...leaf, jitter: 0.9 })).toBeLessThan(renewAt({ ...leaf, jitter: 0.1 }));
  });
});
