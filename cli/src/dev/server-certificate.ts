import { createRoot, generateKeyPair, parseAuthority, privateKeyPem, signServer, type RootPem } from "@osm/pki";

/** What a server of the control plane shows, PEM. */
export interface ServerPem {
  readonly certificate: string;
  readonly key: string;
}

export interface ServerNames {
  readonly dnsNames: readonly string[];
  readonly ips: readonly string[];
}

const yearSec = 365 * 86_400;

/** The root of the control plane's servers; workloads have another one. */
export async function createControlPlaneRoot(): Promise<RootPem> {
  return createRoot({ commonName: "osm-control-plane", now: nowSec(), lifetimeSec: yearSec });
}

export async function serverCertificate(root: RootPem, names: ServerNames): Promise<ServerPem> {
  const pair = await generateKeyPair();
  const ca = parseAuthority("servers", root);
  const { chainPem } = signServer({ publicKey: pair.publicKey, ...names, ca, now: nowSec(), validitySec: yearSec });
  return { certificate: chainPem, key: privateKeyPem(pair.privateKey).open() };
}

export function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}
