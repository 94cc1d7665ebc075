import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { createCsr, generateKeyPair, maxCsrBytes, readCertificate, verifyCsr } from "@osm/pki";
import fc from "fast-check";
import forge from "node-forge";
import { describe, expect, test } from "vitest";
import { bits, integer, sequence, tagged } from "../src/der.ts";
import { bitsOf, childrenOf, parseDer } from "../src/der-read.ts";
import { csrDer, leafWith, proxyKeys, refusalOf } from "./pki.ts";

describe("a signing request", () => {
  test("proves its key", () => {
    expect(verifyCsr(csrDer).spki).toEqual(proxyKeys.publicKey.spki);
  });
  test("may ask for anything, and is given its identity", () => {
    const { pem } = leafWith({ csrDer: greedyCsr(2048) });
    const read = readCertificate(pem);
    expect(read).toMatchObject({ isCa: false, keyUsages: ["digitalSignature", "keyEncipherment"] });
    expect(read.uris).toEqual(["spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer"]);
    expect(read.dns).toEqual(["bookbuyer.bookbuyer.cluster.local"]);
    expect(new X509Certificate(pem).subject).toBe("CN=bookbuyer.bookbuyer.cluster.local");
    expect(Buffer.from(pem.split("-----")[2] ?? "", "base64").includes("admin")).toBe(false);
  });
});

describe("a signing request is refused", () => {
  test("when another key signed it", async () => {
    const other = await generateKeyPair();
    const forged = createCsr({ publicKey: proxyKeys.publicKey, privateKey: other.privateKey });
    expect(refusalOf(() => verifyCsr(forged))).toBe("SignatureRefused");
  });
  test("when it is signed by SHA-1", () => {
    expect(refusalOf(() => verifyCsr(greedyCsr(2048, { hash: forge.md.sha1.create() })))).toBe("SignatureRefused");
  });
  test("with an RSA key of 1024 bits", () => {
    expect(refusalOf(() => verifyCsr(greedyCsr(1024)))).toBe("KeyRefused");
  });
  test.each([
    ["4104 bits", 4104, 65_537],
    ["an exponent of 3", 2048, 3],
    ["an exponent that takes long", 2048, 2 ** 31 - 1],
  ])("with an RSA key of %s", (_, size, exponent) => {
    // Nobody holds such a key: it is refused before any work is done with it.
    const modulus = new forge.jsbn.BigInteger("f".repeat(size / 4), 16);
    const key = forge.pki.setRsaPublicKey(modulus, new forge.jsbn.BigInteger(String(exponent)));
    expect(refusalOf(() => verifyCsr(greedyCsr(2048, { key })))).toBe("KeyRefused");
  });
  test("with a key of P-384", async () => {
    const keys = await generateKeyPair({ kind: "ec", curve: "P-384" });
    expect(refusalOf(() => verifyCsr(createCsr(keys)))).toBe("KeyRefused");
  });
  test("when it is garbage, cut short, or followed by more", () => {
    expect(refusalOf(() => verifyCsr(new Uint8Array()))).toBe("Unreadable");
    expect(refusalOf(() => verifyCsr(Buffer.from("not der at all")))).toBe("Unreadable");
    expect(refusalOf(() => verifyCsr(csrDer.subarray(0, -1)))).toBe("Unreadable");
    expect(refusalOf(() => verifyCsr(Buffer.concat([csrDer, Buffer.of(5, 0)])))).toBe("Unreadable");
  });
  test("when it is written in BER", () => {
    const content = csrDer.subarray((csrDer[1] ?? 0) < 0x80 ? 2 : 3);
    const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), content, Buffer.of(0, 0)]);
    expect(refusalOf(() => verifyCsr(indefinite))).toBe("Unreadable");
  });
  test("when it is nested without end", () => {
    const nested = Buffer.alloc(4000, Buffer.of(0x30, 0x80));
    expect(refusalOf(() => verifyCsr(nested))).toBe("Unreadable");
  });
  test.each([
    ["off its curve", (point: Buffer) => Buffer.concat([point.subarray(0, -1), Buffer.of((point.at(-1) ?? 0) ^ 1)])],
    ["compressed", (point: Buffer) => Buffer.concat([Buffer.of(2 + ((point.at(-1) ?? 0) & 1)), point.subarray(1, 33)])],
    ["of both forms at once", (point: Buffer) => Buffer.concat([Buffer.of(6 + ((point.at(-1) ?? 0) & 1)), point.subarray(1)])],
    ["at infinity", () => Buffer.of(0)],
  ])("with a point %s", (_, changed) => {
    const [algorithm, point] = childrenOf(parseDer(proxyKeys.publicKey.spki));
    const key = sequence(algorithm?.der ?? Buffer.of(), bits(changed(Buffer.from(point ? bitsOf(point) : []))));
    const request = sequence(sequence(integer(0), sequence(), key, tagged(0)), sequence(), bits(Buffer.of()));
    expect(refusalOf(() => verifyCsr(request))).toBe("KeyRefused");
  });
  test("when it is huge", () => {
    expect(refusalOf(() => verifyCsr(new Uint8Array(maxCsrBytes + 1)))).toBe("TooLarge");
  });
});

describe("whatever is done to a request", () => {
  const offset = fc.nat({ max: csrDer.length - 1 });

  test("one changed byte never verifies, and throws nothing untyped", () => {
    fc.assert(
      fc.property(offset, fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(csrDer, (byte, index) => (index === at ? byte ^ flip : byte));
        expect(refusalOf(() => verifyCsr(changed))).not.toBe("accepted");
      }),
      { numRuns: 3000 },
    );
  });
  test("bytes taken out, put in or doubled never verify", () => {
    fc.assert(
      fc.property(offset, offset, fc.uint8Array({ maxLength: 40 }), (from, to, filling) => {
        const changed = Buffer.concat([csrDer.subarray(0, from), filling, csrDer.subarray(to)]);
        fc.pre(!changed.equals(csrDer));
        expect(refusalOf(() => verifyCsr(changed))).not.toBe("accepted");
      }),
      { numRuns: 2000 },
    );
  });
  test("random bytes are refused", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => refusalOf(() => verifyCsr(bytes)) !== "accepted"));
  });
});

interface Odd {
  readonly hash?: forge.md.MessageDigest;
  readonly key?: forge.pki.rsa.PublicKey;
}

/** Made by another implementation: a CA with many names, if it were up to the requester. */
function greedyCsr(modulusLength: number, { hash = forge.md.sha256.create(), key }: Odd = {}): Uint8Array {
  const pair = generateKeyPairSync("rsa", { modulusLength });
  const csr = forge.pki.createCertificationRequest();
  csr.publicKey = key ?? forge.pki.publicKeyFromPem(pair.publicKey.export({ type: "spki", format: "pem" }).toString());
  csr.setSubject([{ name: "commonName", value: "admin.osm-system.cluster.local" }]);
  const extensions = [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true },
    { name: "subjectAltName", altNames: [{ type: 6, value: "spiffe://cluster.local/ns/osm-system/sa/admin" }, { type: 2, value: "admin.example.com" }] },
  ];
  csr.setAttributes([{ name: "extensionRequest", extensions }]);
  csr.sign(forge.pki.privateKeyFromPem(pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString()), hash);
  return Buffer.from(forge.asn1.toDer(forge.pki.certificationRequestToAsn1(csr)).getBytes(), "latin1");
}
