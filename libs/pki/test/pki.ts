import { createCsr, createRoot, generateKeyPair, parseAuthority, signLeaf, type Leaf, type LeafRequest } from "@osm/pki";

/** A fixed day, so that no test depends on when it runs. */
export const now = 1_800_000_000;
export const bookbuyer = { namespace: "bookbuyer", serviceAccount: "bookbuyer" };
export const dayLong = 86_400;

export const root = await createRoot({ commonName: "osm-ca.openservicemesh.io", trustDomain: "cluster.local", now, lifetimeSec: 3650 * dayLong });
export const ca = parseAuthority("workloads", root);
export const proxyKeys = await generateKeyPair();
export const csrDer = createCsr(proxyKeys);

export function leafWith(change: Partial<LeafRequest> = {}): Leaf {
  return signLeaf({ csrDer, identity: bookbuyer, trustDomain: "cluster.local", ca, now, validitySec: dayLong, ...change });
}

/** The code of the `PkiError` that the call throws; anything else is thrown on. */
export function refusalOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && error.name === "PkiError" && "code" in error) return String(error.code);
    throw error;
  }
  return "accepted";
}
