import { join } from "node:path";
import { createCsr, generateKeyPair, privateKeyPem } from "@osm/pki";
import type { Pod } from "@osm/sandbox";
import { decodeJson, encodeJson, signReply, subjectsOf, trustPayload } from "@osm/wire";
import { z } from "zod";
import { appsDir, mesh, nodeBin, type Stage } from "../src/story/stage.ts";
import { namespace } from "./shop-manifests.ts";

export interface Attempt {
  readonly port: number;
  /** What it offers; none when empty. */
  readonly alpn: readonly string[];
  readonly say: string;
}

interface Break {
  readonly from: Pod;
  readonly to: Pod;
  /** Whose certificate it holds. */
  readonly account: string;
  readonly attempts: readonly Attempt[];
}

/**
 * Somebody with a certificate of the mesh and no sidecar tries the doors of another pod.
 * @returns for each attempt the first line that came back, "closed", or the code of the error.
 */
export async function tryDoors({ mesh: { bus } }: Stage, { from, to, account, attempts }: Break): Promise<readonly string[]> {
  const subjects = subjectsOf(mesh);
  const pair = await generateKeyPair();
  const csr = Buffer.from(createCsr(pair)).toString("base64");
  const identity = { namespace, serviceAccount: account };
  const { chain } = decodeJson(signReply, await bus.request(subjects.callCaSign, encodeJson({ identity, csr }), { timeoutMs: 5000 }));
  const trust = await bus.last(subjects.trust);
  if (!trust?.bytes) throw new Error("the mesh has no roots");
  const input = {
    certificate: chain, key: privateKeyPem(pair.privateKey).open(), roots: decodeJson(trustPayload, trust.bytes).roots,
    serverName: `${to.name}.${namespace}.svc.cluster.local`, tries: attempts.map((each) => ({ host: to.ip, ...each })),
  };
  // User 1500 is the sidecar's: the rules leave what it sends alone, as an attacker with a raw socket would be.
  const child = from.spawn([nodeBin, join(appsDir, "intruder.mjs")], { user: 1500 });
  child.stdin.end(JSON.stringify(input));
  let said = "";
  for await (const chunk of child.stdout) said += String(chunk);
  return z.object({ answers: z.array(z.string()) }).parse(JSON.parse(said)).answers;
}
