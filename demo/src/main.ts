import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStage } from "./story/stage.ts";
import { createTeller, NotAsTold } from "./story/tell.ts";
import { accessGranted, endpointComesAndGoes, grantLost, nobodyMayTalk, permissive, proof, raiseCurtain, xdsRestarted } from "./story/thin-line.ts";

const check = process.argv.includes("--check");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort(new DOMException("stopped", "AbortError")));

const dir = await mkdtemp(join(tmpdir(), "osm-demo-"));
const write = (line: string) => process.stdout.write(`${line}\n`);
try {
  process.exitCode = await play();
} finally {
  if (!process.env["KEEP"]) await rm(dir, { recursive: true, force: true });
}

/** Tells the story. With --check that is all; else the mesh stays up for the reader to try things. */
async function play(): Promise<number> {
  const tell = createTeller(write);
  await using stage = await openStage({ dir, envoyBin: envoyBin(), signal: stop.signal });
  try {
    const cast = await raiseCurtain(stage, tell);
    await nobodyMayTalk(cast, tell);
    await accessGranted(stage, cast, tell);
    await endpointComesAndGoes(stage, cast, tell);
    await grantLost(stage, cast, tell);
    await permissive(stage, cast, tell);
    await xdsRestarted(stage, cast, tell);
    await proof(cast, tell);
  } catch (error) {
    if (!(error instanceof NotAsTold)) throw error;
    write(`FAILED: ${error.message}`);
    return 1;
  }
  if (check) return 0;
  write(`The mesh stays up. Put a manifest into ${stage.policies} or edit one there; end with Ctrl-C.`);
  await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  return 0;
}

function envoyBin(): string {
  const path = process.env["ENVOY_BIN"];
  if (!path) throw new Error("ENVOY_BIN is not set: start the demo with `npm run demo`, which finds an Envoy");
  return path;
}
