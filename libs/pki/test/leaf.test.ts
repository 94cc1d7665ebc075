import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCsr, createRoot, generateKeyPair, issuerDigest, readCertificate } from "@osm/pki";
import { describe, expect, test } from "vitest";
import { bookbuyer, ca, dayLong, leafWith, now, proxyKeys, refusalOf, root } from "./pki.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe("a leaf", () => {
  const leaf = leafWith();
  const x509 = new X509Certificate(leaf.pem);
  const read = readCertificate(leaf.pem);

  test("chains to its root for another implementation", () => {
    const issuer = new X509Certificate(root.certPem);
    expect(x509.verify(issuer.publicKey)).toBe(true);
    expect(x509.checkIssued(issuer)).toBe(true);
    expect(x509.ca).toBe(false);
  });
  test("carries the requester's key", () => {
    expect(x509.publicKey.export({ type: "spki", format: "der" }).equals(Buffer.from(proxyKeys.publicKey.spki))).toBe(true);
  });
  test("is named by the identity alone", () => {
    expect(x509.subjectAltName).toBe("URI:spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer, DNS:bookbuyer.bookbuyer.cluster.local");
    expect(x509.subject).toBe("CN=bookbuyer.bookbuyer.cluster.local");
  });
  test("may be a client and a server, and sign nothing", () => {
    expect(x509.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(read.keyUsages).toEqual(["digitalSignature"]);
  });
  test("lives from a clock skew before now for as long as was asked", () => {
    expect(x509.validFromDate.getTime() / 1000).toBe(now - 60);
    expect(x509.validToDate.getTime() / 1000).toBe(now + dayLong);
  });
  test("reads back as it was issued", () => {
    expect(read).toMatchObject({
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      serial: leaf.serial,
      digest: leaf.digest,
      isCa: false,
      uris: ["spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer"],
      dns: ["bookbuyer.bookbuyer.cluster.local"],
      authorityKeyId: readCertificate(root.certPem).subjectKeyId,
    });
    expect(read.serial.toUpperCase()).toBe(x509.serialNumber);
    expect(leaf.issuer).toBe(issuerDigest(root.certPem));
  });
  test("has a serial of its own, positive and of 128 bits", () => {
    const serials = new Set(Array.from({ length: 50 }, () => leafWith().serial));
    expect(serials.size).toBe(50);
    expect([...serials].every((serial) => /^[4-7][0-9a-f]{31}$/.test(serial))).toBe(true);
  });
  test.runIf(hasOpenssl)("is taken by openssl as a server and as a client", () => {
    expect(opensslVerdict(leaf.pem, "sslserver")).toContain(": OK");
    expect(opensslVerdict(leaf.pem, "sslclient")).toContain(": OK");
  });
});

describe("a leaf's limits", () => {
  test("it ends with its issuer", () => {
    expect(leafWith({ validitySec: 20 * 365 * dayLong }).notAfter).toBe(ca.notAfter);
  });
  test("nothing is signed outside the root's life, or for no time", () => {
    expect(refusalOf(() => leafWith({ now: ca.notAfter }))).toBe("IssuerRefused");
    expect(refusalOf(() => leafWith({ now: ca.notBefore - 1 }))).toBe("IssuerRefused");
    expect(refusalOf(() => leafWith({ now: Number.NaN }))).toBe("IssuerRefused");
    expect(refusalOf(() => leafWith({ validitySec: 0 }))).toBe("ValidityRefused");
  });
  test.each([
    { namespace: "shop/sa/admin", serviceAccount: "cart" },
    { namespace: "shop.prod", serviceAccount: "cart" },
    { namespace: "", serviceAccount: "cart" },
    { namespace: "shop", serviceAccount: "../admin" },
    { namespace: "shop", serviceAccount: "Cart" },
    { namespace: "shop", serviceAccount: "cart\u0000" },
    { namespace: "n".repeat(64), serviceAccount: "cart" },
    { namespace: "shop", serviceAccount: "s".repeat(254) },
  ])("no identity of Kubernetes is $serviceAccount in $namespace", (identity) => {
    expect(refusalOf(() => leafWith({ identity }))).toBe("NameRefused");
  });
  test("no trust domain is a path", () => {
    expect(refusalOf(() => leafWith({ trustDomain: "cluster.local/ns/x" }))).toBe("NameRefused");
  });
  test("a name too long for a CommonName is left out, and the alternative names become critical", () => {
    const identity = { ...bookbuyer, serviceAccount: "s".repeat(60) };
    const x509 = new X509Certificate(leafWith({ identity }).pem);
    expect(x509.subject ?? "").toBe("");
    expect(x509.subjectAltName).toContain(`DNS:${"s".repeat(60)}.bookbuyer.cluster.local`);
  });
  test("a name too long for DNS leaves the SPIFFE id alone", () => {
    const identity = { ...bookbuyer, serviceAccount: "s".repeat(253) };
    const { dns, uris } = readCertificate(leafWith({ identity }).pem);
    expect({ dns, uris }).toEqual({ dns: [], uris: [`spiffe://cluster.local/ns/bookbuyer/sa/${"s".repeat(253)}`] });
  });
  test.runIf(hasOpenssl)("openssl takes a leaf without a subject", () => {
    expect(opensslVerdict(leafWith({ identity: { ...bookbuyer, serviceAccount: "s".repeat(253) } }).pem, "sslserver")).toContain(": OK");
  });
});

test.runIf(hasOpenssl)("two roots of one name are told apart, in whatever order they are trusted", async () => {
  const next = await createRoot({ commonName: "osm-ca.openservicemesh.io", now, lifetimeSec: dayLong });
  for (const trusted of [root.certPem + next.certPem, next.certPem + root.certPem]) {
    expect(opensslVerdict(leafWith().pem, "sslserver", trusted)).toContain(": OK");
  }
  expect(() => opensslVerdict(leafWith().pem, "sslserver", next.certPem)).toThrow("verification failed");
});

test("an RSA key, where asked for, may also encipher keys", async () => {
  const leaf = leafWith({ csrDer: createCsr(await generateKeyPair({ kind: "rsa", bits: 2048 })) });
  expect(new X509Certificate(leaf.pem).verify(new X509Certificate(root.certPem).publicKey)).toBe(true);
  expect(readCertificate(leaf.pem).keyUsages).toEqual(["digitalSignature", "keyEncipherment"]);
});

function opensslVerdict(leafPem: string, purpose: string, trusted = root.certPem): string {
  const folder = mkdtempSync(join(tmpdir(), "osm-pki-"));
  try {
    writeFileSync(join(folder, "root.pem"), trusted);
    writeFileSync(join(folder, "leaf.pem"), leafPem);
    const files = ["-CAfile", join(folder, "root.pem"), join(folder, "leaf.pem")];
    return execFileSync("openssl", ["verify", "-x509_strict", "-attime", String(now), "-purpose", purpose, ...files], { encoding: "utf8", stdio: "pipe" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
