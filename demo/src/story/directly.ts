import { join } from "node:path";
import { createCsr, generateKeyPair, privateKeyPem } from "@osm/pki";
import type { Pod } from "@osm/sandbox";
import { decodeJson, encodeJson, signReply, subjectsOf, trustPayload } from "@osm/wire";
import { z } from "zod";
import { appsDir, mesh, nodeBin, type Stage } from "./stage.ts";

export interface Straight {
  readonly from: Pod;
  readonly to: Pod;
  readonly port: number;
  /** Name of the service and its namespace, as the certificate is asked for. */
  readonly server: string;
  readonly path: string;
  /** Whose certificate is shown. */
  readonly identity: { readonly namespace: string; readonly serviceAccount: string };
}

/** A client's own certificate in the hands of somebody without a sidecar, straight to the server's. */
export async function directly({ mesh: { bus } }: Stage, { from, to, port, server, path, identity }: Straight): Promise<string> {
  const subjects = subjectsOf(mesh);
  const pair = await generateKeyPair();
  const csr = Buffer.from(createCsr(pair)).toString("base64");
  const { chain } = decodeJson(signReply, await bus.request(subjects.callCaSign, encodeJson({ identity, csr }), { timeoutMs: 5000 }));
  const trust = await bus.last(subjects.trust);
  if (!trust?.bytes) throw new Error("the mesh has no roots");
  const input = {
    host: to.ip, port, alpn: "osm", serverName: `${server}.svc.cluster.local`, path,
    certificate: chain, key: privateKeyPem(pair.privateKey).open(), roots: decodeJson(trustPayload, trust.bytes).roots,
  };
  // User 1500 is the sidecar's: the rules leave what it sends alone, as an attacker with a raw socket would be.
  const child = from.spawn([nodeBin, join(appsDir, "direct.mjs")], { user: 1500 });
  child.stdin.end(JSON.stringify(input));
  let said = "";
  for await (const chunk of child.stdout) said += String(chunk);
  return z.object({ answer: z.string() }).parse(JSON.parse(said)).answer;
}
