import { X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { BusError } from "@osm/bus";
import { createCsr, generateKeyPair, issuerDigest, readCertificate } from "@osm/pki";
import { encodeJson, originHeaders } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { keptTracer } from "../../../libs/runtime/test/kept-tracer.ts";
import { ask, benchWith, dayLong, keptLog, root, rootPem, runningCa, subjects, today } from "./running-ca.ts";

const bookbuyer = { namespace: "bookbuyer", serviceAccount: "bookbuyer" };
const keys = await generateKeyPair();
const csr = createCsr(keys);
/** Made by openssl: asks to be a CA, admin in osm-system, and admin.example.com. */
const greedyCsr = Buffer.from(
  "MIIBYTCCAQcCAQAwKTEnMCUGA1UEAwweYWRtaW4ub3NtLXN5c3RlbS5jbHVzdGVyLmxvY2FsMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZmNn5ZcthcAJ/szR8u4+BUQVs88bjez2WcjArXdYySE9AlwTCqms1Yx28G9sqquwo1n37PpFll3gDWqmIRmXMaB8MHoGCSqGSIb3DQEJDjFtMGswDwYDVR0TAQH/BAUwAwEB/zALBgNVHQ8EBAMCAgQwSwYDVR0RBEQwQoYtc3BpZmZlOi8vY2x1c3Rlci5sb2NhbC9ucy9vc20tc3lzdGVtL3NhL2FkbWlughFhZG1pbi5leGFtcGxlLmNvbTAKBggqhkjOPQQDAgNIADBFAiBbEnpHlxGdDh9gvVPwdays35OjOpr+vHVJrAilUWx0rwIhAM6a/40eBC4e30O9M3qD2WXqRbmHdMoxOjBZe8CmzIKI",
  "base64",
);

describe("a replica that asks for a leaf", () => {
  test("gets a chain that leads to the root", async () => {
    const bench = benchWith();
    await using ca = await runningCa(bench);
    await ca.ready;
    const { chain, issuer, notAfter } = await ask(bench.bus, { identity: bookbuyer, csr });
    const leaf = new X509Certificate(chain);
    expect(leaf.verify(new X509Certificate(root.certPem).publicKey)).toBe(true);
    expect(leaf.publicKey.export({ type: "spki", format: "der" }).equals(Buffer.from(keys.publicKey.spki))).toBe(true);
    expect(leaf.subjectAltName).toBe("URI:spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer, DNS:bookbuyer.bookbuyer.cluster.local");
    expect(issuer).toBe(issuerDigest(root.certPem));
    expect(notAfter).toBe(today / 1000 + dayLong);
    expect(leaf.validToDate.getTime() / 1000).toBe(notAfter);
  });
  test("within a trace is answered in it, and outside of one in none", async () => {
    const { tracer, spans } = keptTracer();
    const bench = benchWith();
    await using _ca = await runningCa(bench, { tracer });
    const asking = tracer.root("ads.identity");
    const body = encodeJson({ identity: bookbuyer, csr: Buffer.from(csr).toString("base64"), replica: "xds-0" });
    await bench.bus.request(subjects.callCaSign, body, { timeoutMs: 5000, headers: originHeaders({ trace: asking.trace, observedAt: undefined }) });
    await bench.bus.request(subjects.callCaSign, body, { timeoutMs: 5000 });
    asking.end();
    const [sign, root] = spans;
    expect(spans.map(({ name }) => name)).toEqual(["ca.sign", "ads.identity"]);
    expect(sign).toMatchObject({ parent: root?.id, traceId: root?.traceId, failed: false });
  });
  test("gets the names of its request, whatever the CSR says", async () => {
    const bench = benchWith();
    await using _ca = await runningCa(bench);
    const { chain } = await ask(bench.bus, { identity: bookbuyer, csr: greedyCsr });
    expect(readCertificate(chain)).toMatchObject({
      isCa: false,
      keyUsages: ["digitalSignature"],
      uris: ["spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer"],
      dns: ["bookbuyer.bookbuyer.cluster.local"],
    });
    expect(new X509Certificate(chain).subject).toBe("CN=bookbuyer.bookbuyer.cluster.local");
  });
  test("finds nobody once the CA is disposed", async () => {
    const bench = benchWith();
    const ca = await runningCa(bench);
    await ca[Symbol.asyncDispose]();
    await expect(ask(bench.bus, { identity: bookbuyer, csr })).rejects.toMatchObject({ code: "NoResponder" });
  });
  test("finds nobody once the signal has aborted", async () => {
    const stop = new AbortController();
    const bench = benchWith();
    const ca = await runningCa(bench, { signal: stop.signal });
    stop.abort();
    await ca.done;
    await expect(ask(bench.bus, { identity: bookbuyer, csr })).rejects.toMatchObject({ code: "NoResponder" });
  });
});

interface Case {
  readonly what: string;
  readonly csrDer?: Uint8Array;
  readonly namespace?: string;
  readonly words: string;
}

describe("a replica is refused, and told why in a few words", () => {
  const cut = csr.slice(0, -1);
  const forged = Uint8Array.from(csr, (byte, index) => (index === csr.length - 1 ? byte ^ 1 : byte));
  const cases: readonly Case[] = [
    { what: "a CSR cut short", csrDer: cut, words: "not DER" },
    { what: "a CSR that its key did not sign", csrDer: forged, words: "the request is not signed by its own key" },
    { what: "no CSR", csrDer: new Uint8Array(), words: "not DER" },
    { what: "a large CSR", csrDer: new Uint8Array(9000), words: "a signing request of more than 8 KiB" },
    { what: "a larger CSR", csrDer: new Uint8Array(12_300), words: "payload refused: too large" },
    { what: "an identity that is none", namespace: "a/../b", words: "not an identity of Kubernetes" },
    { what: "a name of any length", namespace: "a".repeat(600), words: "payload refused at identity.namespace: too_big" },
  ];
  test.each(cases)("for $what", async ({ words, csrDer = csr, namespace = "bookbuyer" }) => {
    const { log, lines } = keptLog();
    const bench = benchWith({ log });
    await using _ca = await runningCa(bench);
    const refused = await ask(bench.bus, { identity: { ...bookbuyer, namespace }, csr: csrDer }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BusError);
    expect(refused).toMatchObject({ code: "Refused", message: expect.stringContaining(words) });
    expect(lines).toContainEqual({ level: "warn", message: "certificate refused", fields: expect.objectContaining({ reason: words }) });
  });
  test("for what is no request at all", async () => {
    const bench = benchWith();
    await using _ca = await runningCa(bench);
    const asked = bench.bus.request(subjects.callCaSign, encodeJson({ csr: "!" }), { timeoutMs: 5000 });
    await expect(asked).rejects.toMatchObject({ code: "Refused" });
  });
  test("once the root has run out", async () => {
    const bench = benchWith();
    await using _ca = await runningCa(bench);
    bench.clock.advance(3651 * dayLong * 1000);
    await expect(ask(bench.bus, { identity: bookbuyer, csr })).rejects.toMatchObject({ code: "Refused" });
  });
});

test("each issuance is a line of audit, and no line holds a key", async () => {
  const { log, lines } = keptLog();
  const bench = benchWith({ log });
  await using ca = await runningCa(bench);
  await ca.ready;
  const { chain, notAfter } = await ask(bench.bus, { identity: bookbuyer, csr });
  const { serial, digest } = readCertificate(chain);
  expect(lines).toContainEqual({ level: "info", message: "certificate issued", fields: { replica: "xds-0", identity: "bookbuyer.bookbuyer", notAfter, serial, digest } });

  const secret = rootPem.keyPem.open().split("\n")[1] ?? "";
  expect(inspect(lines, { depth: 9 }) + JSON.stringify(lines) + inspect(ca, { depth: 9, showHidden: true })).not.toContain(secret);
});
