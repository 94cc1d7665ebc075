import { encode, SecretSchema } from "@osm/envoy-api";
import { digestOf, identitySecret, trustSecret, type Resource } from "@osm/model";
import { createCsr, createRoot, generateKeyPair, parseAuthority, privateKeyPem, signLeaf } from "@osm/pki";

const text = new TextEncoder();
const inline = (pem: string) => ({ specifier: { case: "inlineBytes", value: text.encode(pem) } }) as const;

export interface Certified {
  readonly chainPem: string;
  readonly keyPem: string;
}

/** A root, and who bears its certificates. */
export interface AuthorityForTest {
  readonly rootPem: string;
  /** The two secrets every proxy asks for, as an xDS replica would make them. */
  readonly secrets: readonly Resource[];
  certify(serviceAccount: string): Promise<Certified>;
}

export async function authorityForTest(): Promise<AuthorityForTest> {
  const now = Math.floor(Date.now() / 1000);
  const root = await createRoot({ commonName: "test root", now, lifetimeSec: 3600 });
  const ca = parseAuthority("workloads", root);
  const certify = async (serviceAccount: string) => {
    const pair = await generateKeyPair();
    const identity = { namespace: "shop", serviceAccount };
    const { chainPem } = signLeaf({ csrDer: createCsr(pair), identity, trustDomain: "cluster.local", ca, now, validitySec: 3600 });
    return { chainPem, keyPem: privateKeyPem(pair.privateKey).open() };
  };
  const { chainPem, keyPem } = await certify("test");
  const certificate = { certificateChain: inline(chainPem), privateKey: inline(keyPem) };
  const secrets = [
    secret(identitySecret, encode(SecretSchema, { name: identitySecret, type: { case: "tlsCertificate", value: certificate } })),
    secret(trustSecret, encode(SecretSchema, { name: trustSecret, type: { case: "validationContext", value: { trustedCa: inline(root.certPem) } } })),
  ];
  return { rootPem: root.certPem, secrets, certify };
}

export async function secretsForTest(): Promise<readonly Resource[]> {
  const { secrets } = await authorityForTest();
  return secrets;
}

function secret(name: string, bytes: Uint8Array): Resource {
  return { type: "SDS", name, bytes, digest: digestOf(bytes), needs: [] };
}
