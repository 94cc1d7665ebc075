import { encode, SecretSchema } from "@osm/envoy-api";
import { digestOf, identitySecret, trustSecret, type Resource } from "@osm/model";
import { createCsr, createRoot, generateKeyPair, parseAuthority, privateKeyPem, signLeaf } from "@osm/pki";

const text = new TextEncoder();
const inline = (pem: string) => ({ specifier: { case: "inlineBytes", value: text.encode(pem) } }) as const;

/** The two secrets every proxy asks for, as an xDS replica would make them. */
export async function secretsForTest(): Promise<readonly Resource[]> {
  const now = Math.floor(Date.now() / 1000);
  const root = await createRoot({ commonName: "test root", now, lifetimeSec: 3600 });
  const pair = await generateKeyPair();
  const ca = parseAuthority("workloads", root);
  const identity = { namespace: "shop", serviceAccount: "test" };
  const { chainPem } = signLeaf({ csrDer: createCsr(pair), identity, trustDomain: "cluster.local", ca, now, validitySec: 3600 });
  const certificate = { certificateChain: inline(chainPem), privateKey: inline(privateKeyPem(pair.privateKey).open()) };
  return [
    secret(identitySecret, encode(SecretSchema, { name: identitySecret, type: { case: "tlsCertificate", value: certificate } })),
    secret(trustSecret, encode(SecretSchema, { name: trustSecret, type: { case: "validationContext", value: { trustedCa: inline(root.certPem) } } })),
  ];
}

function secret(name: string, bytes: Uint8Array): Resource {
  return { type: "SDS", name, bytes, digest: digestOf(bytes), needs: [] };
}
