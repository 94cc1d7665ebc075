import { join } from "node:path";
import { nodeArguments } from "@osm/runtime";
import { z } from "zod";
import { createTokenKey, issuer } from "../../../services/xds/test/tokens.ts";
import { countChanges, type Contest, type Contestant } from "./contestant.ts";
import { newRoot, serverPem } from "./credentials.ts";
import { startLineProcess } from "./line-process.ts";
import { changed } from "./load.ts";
import { shownTo } from "./shown.ts";

const meshEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("said"), at: z.number() }),
  z.object({ event: z.literal("listening"), port: z.number() }),
]);

/** Our mesh with all its services in one process, on adapters of memory. Each proxy shows a token of its own. */
export async function startTogether(contest: Contest, nodeArgs: readonly string[] = []): Promise<Contestant> {
  const [controlPlane, root] = [await newRoot("bench-control-plane"), await newRoot("bench-mesh")];
  const key = createTokenKey("bench");
  const { load, compiled, core } = contest;
  const program = join(import.meta.dirname, "whole-mesh.ts");
  const mesh = startLineProcess({ command: [process.execPath, "--expose-gc", ...nodeArguments, ...nodeArgs, program], core, event: meshEvent });
  const started = await mesh.ask({
    op: "start", facts: compiled.facts, tls: await serverPem(controlPlane), root: { certificate: root.certPem, key: root.keyPem.open() }, jwks: { keys: [key.jwk] }, issuer,
  });
  if (started.event !== "listening") throw new Error("the mesh does not listen");
  const roundOf = countChanges();
  return {
    ...shownTo(contest, key),
    name: "ours, one process",
    server: { address: `127.0.0.1:${started.port}`, name: "localhost", root: controlPlane.certPem },
    pids: { mesh: mesh.pid },
    change: async (kind) => {
      const said = await mesh.ask({ op: "say", facts: [changed(load, kind, roundOf(kind))] });
      if (said.event !== "said") throw new Error("the mesh did not say it");
      return said.at;
    },
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}
