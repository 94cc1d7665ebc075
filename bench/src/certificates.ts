import { createCsr, createRoot, generateKeyPair, parseAuthority, privateKeyPem, readCertificate, signLeaf } from "@osm/pki";
import type { Row } from "./report.ts";

const identity = { namespace: "shop", serviceAccount: "web" } as const;
const [trustDomain, validitySec] = ["cluster.local", 86_400];
/** Requests that are signed in turn: who asks has made them before. */
const different = 64;

/** What a certificate costs who signs it, and who asks for it; by the processor's time, on one core. */
export async function* certificateRows(count: number): AsyncIterable<Row> {
  const now = Date.now() / 1000;
  const ca = parseAuthority("workloads", await createRoot({ commonName: "bench", now, lifetimeSec: validitySec }));
  const requests = await Promise.all(Array.from({ length: different }, async () => createCsr(await generateKeyPair())));
  const sign = (at: number) => signLeaf({ csrDer: requests[at % different] ?? new Uint8Array(), identity, trustDomain, ca, now, validitySec });
  const { chainPem } = sign(0);
  const ask = async () => {
    const pair = await generateKeyPair();
    createCsr(pair);
    readCertificate(chainPem);
    privateKeyPem(pair.privateKey).open();
  };
  const of = "ECDSA P-256, one core";
  yield { bench: "certificates", of, what: "request verified, leaf signed", values: await perCore(count, async (at) => void sign(at)) };
  yield { bench: "certificates", of, what: "key, request, answer read", values: await perCore(count, ask) };
}

async function perCore(count: number, work: (at: number) => Promise<void>): Promise<Row["values"]> {
  for (let at = 0; at < count / 4; at++) await work(at);
  const before = process.cpuUsage();
  for (let at = 0; at < count; at++) await work(at);
  const { user, system } = process.cpuUsage(before);
  const micros = user + system;
  return { "a second": (count * 1e6) / micros, "µs CPU each": micros / count };
}
