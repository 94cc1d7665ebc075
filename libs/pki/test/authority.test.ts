import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { createRoot, generateKeyPair, issuerDigest, parseAuthority, readCertificate, Sealed, signServer } from "@osm/pki";
import fc from "fast-check";
import forge from "node-forge";
import { describe, expect, test } from "vitest";
import { ca, dayLong, leafWith, now, refusalOf, root } from "./pki.ts";

describe("a root", () => {
  const x509 = new X509Certificate(root.certPem);

  test("is a CA that signs itself and may sign certificates", () => {
    expect(x509.ca).toBe(true);
    expect(x509.verify(x509.publicKey)).toBe(true);
    expect(x509.subject).toBe("CN=osm-ca.openservicemesh.io");
    expect(x509.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(readCertificate(root.certPem)).toMatchObject({ isCa: true, keyUsages: ["keyCertSign", "crlSign"], uris: ["spiffe://cluster.local"] });
  });
  test("has nobody sign between it and its leaves", () => {
    const noIntermediate = Buffer.from("30060101ff020100", "hex"); // CA:TRUE, pathlen:0
    expect(x509.raw.includes(noIntermediate)).toBe(true);
  });
  test("is named by the digest of its DER", () => {
    expect(ca.issuer).toBe(x509.fingerprint256.replaceAll(":", "").toLowerCase());
    expect(issuerDigest(root.certPem)).toBe(ca.issuer);
  });
  test("ends in the century it was asked for, also beyond UTCTime's years", async () => {
    const { certPem } = await createRoot({ commonName: "far", now, lifetimeSec: 60 * 365 * dayLong });
    expect(new X509Certificate(certPem).validToDate.getTime() / 1000).toBe(now + 60 * 365 * dayLong);
    expect(readCertificate(certPem).notAfter).toBe(now + 60 * 365 * dayLong);
  });
  test("cannot be made for a time in milliseconds", async () => {
    await expect(createRoot({ commonName: "slip", now: now * 1000, lifetimeSec: dayLong })).rejects.toMatchObject({ name: "PkiError" });
  });
  test("has a name that fits a certificate", async () => {
    await expect(createRoot({ commonName: "n".repeat(65), now, lifetimeSec: dayLong })).rejects.toMatchObject({ code: "NameRefused" });
  });
  test("shows its key to nobody", () => {
    const shown = [JSON.stringify(root), inspect(root, { depth: 9 }), String(root.keyPem), JSON.stringify(ca), inspect(ca, { depth: 9, showHidden: true })].join("\n");
    const secret = root.keyPem.open().split("\n")[1] ?? "";
    expect(secret.length).toBeGreaterThan(60);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain("PRIVATE KEY");
    expect(shown).toContain("[sealed]");
  });
});

describe("an authority is refused", () => {
  test("with another's key", async () => {
    const other = await createRoot({ commonName: "other", now, lifetimeSec: dayLong });
    expect(refusalOf(() => parseAuthority("workloads", { ...root, keyPem: other.keyPem }))).toBe("KeyRefused");
  });
  test("with a leaf as its certificate", () => {
    expect(refusalOf(() => parseAuthority("workloads", { ...root, certPem: leafWith().pem }))).toBe("IssuerRefused");
  });
  test("with garbage, and without quoting it", () => {
    const keyPem = new Sealed("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
    expect(() => parseAuthority("workloads", { ...root, keyPem })).toThrow("not a private key in PEM of a kind that is taken");
    expect(refusalOf(() => parseAuthority("workloads", { ...root, certPem: "c2VjcmV0" }))).toBe("Unreadable");
    expect(refusalOf(() => parseAuthority("workloads", { ...root, certPem: root.certPem + root.certPem }))).toBe("Unreadable");
  });
});

test("whatever is done to a certificate, reading it throws nothing untyped", () => {
  const der = new X509Certificate(root.certPem).raw;
  const offset = fc.nat({ max: der.length - 1 });
  fc.assert(
    fc.property(offset, offset, fc.uint8Array({ maxLength: 20 }), (from, to, filling) => {
      const changed = Buffer.concat([der.subarray(0, from), filling, der.subarray(to)]);
      const pem = `-----BEGIN CERTIFICATE-----\n${changed.toString("base64")}\n-----END CERTIFICATE-----\n`;
      refusalOf(() => readCertificate(pem));
    }),
    { numRuns: 2000 },
  );
});

test("an RSA root, as OSM made them, signs on", () => {
  const authority = parseAuthority("workloads", rsaRoot());
  const leaf = new X509Certificate(leafWith({ ca: authority, now: authority.notBefore + 60 }).pem);
  expect(leaf.verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
  expect(leaf.issuer).toBe("C=US\nL=CA\nO=Open Service Mesh\nCN=osm-ca.openservicemesh.io");
});

describe("a server certificate", () => {
  test("names hosts and addresses, and is a server only", async () => {
    const controlPlane = parseAuthority("servers", await createRoot({ commonName: "osm-control-plane", now, lifetimeSec: dayLong * 400 }));
    const { publicKey } = await generateKeyPair();
    const request = { publicKey, ca: controlPlane, now, validitySec: dayLong };
    const { pem } = signServer({ ...request, dnsNames: ["osm-xds.osm-system.svc"], ips: ["127.0.0.1", "fd00::a:1"] });
    const x509 = new X509Certificate(pem);
    expect(x509.checkHost("osm-xds.osm-system.svc")).toBe("osm-xds.osm-system.svc");
    expect(x509.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(x509.subjectAltName).toBe("DNS:osm-xds.osm-system.svc, IP Address:127.0.0.1, IP Address:FD00:0:0:0:0:0:A:1");
    expect(x509.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(readCertificate(pem).ips).toEqual(["127.0.0.1", "fd00:0:0:0:0:0:a:1"]);

    expect(refusalOf(() => signServer({ ...request, dnsNames: [], ips: [] }))).toBe("NameRefused");
    expect(refusalOf(() => signServer({ ...request, dnsNames: ["*.svc"], ips: [] }))).toBe("NameRefused");
    expect(refusalOf(() => signServer({ ...request, dnsNames: [], ips: ["1.2.3"] }))).toBe("NameRefused");
  });
});

function rsaRoot(): { readonly certPem: string; readonly keyPem: Sealed<string> } {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keyPem = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey.export({ type: "spki", format: "pem" }).toString());
  certificate.serialNumber = "01";
  certificate.validity.notBefore = new Date(now * 1000);
  certificate.validity.notAfter = new Date((now + 400 * dayLong) * 1000);
  const name = [
    { name: "countryName", value: "US" },
    { name: "localityName", value: "CA" },
    { name: "organizationName", value: "Open Service Mesh" },
    { name: "commonName", value: "osm-ca.openservicemesh.io" },
  ];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([{ name: "basicConstraints", cA: true }, { name: "keyUsage", keyCertSign: true }]);
  certificate.sign(forge.pki.privateKeyFromPem(keyPem), forge.md.sha256.create());
  return { certPem: forge.pki.certificateToPem(certificate), keyPem: new Sealed(keyPem) };
}
