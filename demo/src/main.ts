import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStage } from "./story/stage.ts";
import { createTeller, NotAsTold, type Teller } from "./story/tell.ts";
import { tellThinLine } from "./story/thin-line.ts";

const check = process.argv.includes("--check");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort(new DOMException("stopped", "AbortError")));
const { promise: stopped, reject } = Promise.withResolvers<never>();
stopped.catch(() => undefined);
stop.signal.addEventListener("abort", () => reject(stop.signal.reason));

const dir = await mkdtemp(join(tmpdir(), "osm-demo-"));
try {
  process.exitCode = await play(createTeller((line) => process.stdout.write(`${line}\n`)));
} finally {
  await rm(dir, { recursive: true, force: true });
}
// A proxy's last attempt to connect may still hold a socket open.
process.exit();

/** Tells the story. With --check that is all; else the mesh stays up for the reader to try things. */
async function play(tell: Teller): Promise<number> {
  await using stage = await openStage({ dir, envoyBin: envoyBin(), signal: stop.signal });
  try {
    await Promise.race([tellThinLine(stage, tell), stage.mesh.done, stopped]);
    if (check) return 0;
    tell.line(`The mesh stays up. Put a manifest into ${stage.policies}, or edit one there; end with Ctrl-C.`);
    return await stopped;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    if (!(error instanceof NotAsTold)) throw error;
    tell.line(`NOT AS TOLD: ${error.message}`);
    return 1;
  }
}

function envoyBin(): string {
  const path = process.env["ENVOY_BIN"];
  if (!path) throw new Error("ENVOY_BIN is not set: start the demo with `npm run demo`, which finds an Envoy");
  return path;
}
