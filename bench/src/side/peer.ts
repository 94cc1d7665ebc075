import { z } from "zod";
import { expectedOf } from "./compiled-load.ts";
import { countChanges, type Contest, type Contestant } from "./contestant.ts";
import { newRoot, secretsOf, serverPem, workloadPem } from "./credentials.ts";
import { startLineProcess } from "./line-process.ts";
import { proxiesOf } from "./load.ts";

/** How go-control-plane keeps what it serves: one cache a type for all, one snapshot for all, or a snapshot a proxy. */
export const peerCaches = ["linear", "shared", "pernode"] as const;
export type PeerCache = (typeof peerCaches)[number];

const peerEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("put"), at: z.number() }),
  z.object({ event: z.literal("listening"), port: z.number() }),
]);

/** go-control-plane, serving to every proxy what ours serves to the first; every proxy shows a certificate. */
export async function startPeer(binary: string, cache: PeerCache, { load, core, compiled }: Contest): Promise<Contestant> {
  const [root, pods] = [await newRoot("bench-peer"), proxiesOf(load)];
  const [first] = pods;
  if (!first) throw new Error("a load without proxies");
  const listed = compiled.listedFor(first.uid);
  const peer = startLineProcess({ command: [binary, "-cache", cache], core, event: peerEvent });
  const put = async (resources: readonly { readonly type: string; readonly name: string; readonly bytes: Uint8Array }[]) => {
    const sealed = resources.map(({ type, name, bytes }) => ({ type, name, bytes: Buffer.from(bytes).toString("base64") }));
    const said = await peer.ask({ op: "put", resources: sealed });
    if (said.event !== "put") throw new Error("the peer did not put");
    return said.at;
  };
  await put([...listed, ...(await secretsOf(root, first.identity))]);
  const shown = await serverPem(root);
  const listening = await peer.ask({ op: "listen", tls: { ...shown, clientRoot: root.certPem }, nodes: pods.map(({ uid }) => uid) });
  if (listening.event !== "listening") throw new Error("the peer does not listen");
  const expect = expectedOf(listed);
  const roundOf = countChanges();
  return {
    name: `go-control-plane, ${cache}`,
    server: { address: `127.0.0.1:${listening.port}`, name: "localhost", root: root.certPem, ...(await workloadPem(root, first.identity)) },
    proxies: pods.map(({ uid }) => ({ id: uid, expect })),
    pids: { peer: peer.pid },
    watched: (kind) => {
      const { type, name } = compiled.touched(kind);
      return { type, name };
    },
    change: async (kind) => put([compiled.after(kind, roundOf(kind))]),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
