import { encode, SecretSchema } from "@osm/envoy-api";
import { identitySecret, trustSecret, type Identity } from "@osm/model";
import { createCsr, createRoot, generateKeyPair, parseAuthority, privateKeyPem, signLeaf, signServer, type RootPem } from "@osm/pki";

export const trustDomain = "cluster.local";
const yearSec = 365 * 86_400;
const text = new TextEncoder();

/** A certificate and its key, PEM. */
export interface ShownPem {
  readonly certificate: string;
  readonly key: string;
}

export async function newRoot(commonName: string): Promise<RootPem> {
  return createRoot({ commonName, trustDomain, now: nowSec(), lifetimeSec: yearSec });
}

/** What a server shows that listens on this machine alone. */
export async function serverPem(root: RootPem): Promise<ShownPem> {
  const pair = await generateKeyPair();
  const ca = parseAuthority("servers", root);
  const { chainPem } = signServer({ publicKey: pair.publicKey, dnsNames: ["localhost"], ips: ["127.0.0.1"], ca, now: nowSec(), validitySec: yearSec });
  return { certificate: chainPem, key: privateKeyPem(pair.privateKey).open() };
}

export async function workloadPem(root: RootPem, identity: Identity): Promise<ShownPem> {
  const pair = await generateKeyPair();
  const ca = parseAuthority("workloads", root);
  const { chainPem } = signLeaf({ csrDer: createCsr(pair), identity, trustDomain, ca, now: nowSec(), validitySec: 86_400 });
  return { certificate: chainPem, key: privateKeyPem(pair.privateKey).open() };
}

/** The two secrets of every proxy, for a server that makes none itself. */
export async function secretsOf(root: RootPem, identity: Identity) {
  const { certificate, key } = await workloadPem(root, identity);
  const inline = (pem: string) => ({ specifier: { case: "inlineBytes", value: text.encode(pem) } }) as const;
  const shown = { case: "tlsCertificate", value: { certificateChain: inline(certificate), privateKey: inline(key) } } as const;
  const trusted = { case: "validationContext", value: { trustedCa: inline(root.certPem) } } as const;
  return [
    { type: "SDS", name: identitySecret, bytes: encode(SecretSchema, { name: identitySecret, type: shown }) },
    { type: "SDS", name: trustSecret, bytes: encode(SecretSchema, { name: trustSecret, type: trusted }) },
  ] as const;
}

function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}
