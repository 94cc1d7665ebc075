import { Sealed } from "../../../libs/model/src/index.ts";
import { createCsr, generateKeyPair, parseAuthority, privateKeyPem, signLeaf } from "../../../libs/pki/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { runIn, type Place } from "./apps.ts";

export interface Forged {
  readonly cert: string;
  readonly key: string;
}

/** A workload's certificate by the root of the mesh in a namespace, for whatever account is named. */
export async function forge(cluster: RealCluster, controlPlane: string, account: { readonly namespace: string; readonly serviceAccount: string }): Promise<Forged> {
  const held = async (key: string) => Buffer.from(await cluster.kubectl("-n", controlPlane, "get", "secret", "osm-ca-bundle", "-o", `jsonpath={.data.ca\\.${key}}`), "base64").toString();
  const ca = parseAuthority("workloads", { certPem: await held("crt"), keyPem: new Sealed(await held("key")) });
  const pair = await generateKeyPair();
  const now = Math.floor(Date.now() / 1000);
  const { chainPem } = signLeaf({ csrDer: createCsr(pair), identity: account, trustDomain: "cluster.local", ca, now, validitySec: 3600 });
  return { cert: chainPem, key: privateKeyPem(pair.privateKey).open() };
}

/** Calls a sidecar's door as another sidecar would, with this certificate: the status, or how the connection ended. */
export async function callWith({ cert, key }: Forged, cluster: RealCluster, { from, host, port }: { readonly from: Place; readonly host: string; readonly port: number }): Promise<string> {
  const to = { host, port, cert, key, ALPNProtocols: ["osm"], rejectUnauthorized: false };
  return (await runIn(cluster, from, script(JSON.stringify(to)))).trim();
}

/** TLS 1.3 tells of a certificate that is not wanted only after the handshake. */
const script = (to: string): string => `
import { connect } from "node:tls";
const told = Promise.withResolvers();
const socket = connect(${to}, () => socket.write("GET /buy-a-book/new HTTP/1.1\\r\\nhost: bookstore\\r\\nconnection: close\\r\\n\\r\\n"));
socket.on("data", (bytes) => told.resolve(String(bytes).split(" ")[1]));
socket.on("error", ({ code }) => told.resolve(code));
socket.on("close", () => told.resolve("closed"));
socket.setTimeout(10_000, () => told.resolve("silent"));
console.log(await told.promise);
process.exit(0);
`;
