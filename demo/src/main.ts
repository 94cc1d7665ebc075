import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileIn, lineOf, remarksIn, startDistributedMesh } from "@osm/cli/dev";
import { runAsNamespaceRoot } from "@osm/sandbox";
import { createDisplay, showCounters } from "./bookstore/show-counters.ts";
import { bookstoreCounters, openBookstore, tellBookstore } from "./story/bookstore.ts";
import { mesh, openStage, type Setting, type Stage } from "./story/stage.ts";
import { createTeller, NotAsTold, type Teller } from "./story/tell.ts";
import { tellThinLine, thinLineManifests } from "./story/thin-line.ts";

// Who is not root plays as root of a user namespace.
const played = await runAsNamespaceRoot([process.execPath, ...process.argv.slice(1)], (line) => process.stderr.write(`osm: ${line}\n`));
if (played !== undefined) process.exit(played);

const check = process.argv.includes("--check");
const isDistributed = process.argv.includes("--distributed");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort(new DOMException("stopped", "AbortError")));
const { promise: stopped, reject } = Promise.withResolvers<never>();
stopped.catch(() => undefined);
stop.signal.addEventListener("abort", () => reject(stop.signal.reason));

const dir = await mkdtemp(join(tmpdir(), "osm-demo-"));
// Pods have users of their own, who pass through it to their files.
await chmod(dir, 0o711);
try {
  process.exitCode = await play(createTeller((line) => process.stdout.write(`${line}\n`)));
} finally {
  await rm(dir, { recursive: true, force: true });
}

/** Tells the story. With --check that is all; else the bookstore stays up for the reader to try things. */
async function play(tell: Teller): Promise<number> {
  try {
    const startedAt = Date.now();
    await playThinLine(tell);
    await playBookstore(tell);
    if (check) tell.line(`told ${isDistributed ? "by separate processes on NATS and Redis" : "by one process"} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    if (!(error instanceof NotAsTold)) throw error;
    tell.line(`NOT AS TOLD: ${error.message}`);
    return 1;
  }
}

async function playThinLine(tell: Teller): Promise<void> {
  const setting = { dir: join(dir, "shop"), envoyBin: envoyBin(), signal: stop.signal, ...services() };
  await using stage = await openStage({ ...setting, certificateLifeSec: 86_400, manifests: thinLineManifests, drainSec: 3 });
  await Promise.race([tellThinLine(stage, tell), stage.mesh.done, stopped]);
}

async function playBookstore(tell: Teller): Promise<void> {
  const setting = { dir: join(dir, "bookstore"), envoyBin: envoyBin(), signal: stop.signal, ...services() };
  await using stage = await openStage({ ...setting, certificateLifeSec: check ? 20 : 86_400, manifests: [] });
  const store = await Promise.race([openBookstore(stage, tell), stopped]);
  await using _run = store.run;
  await Promise.race([tellBookstore(stage, store, tell), stage.mesh.done, store.run.done, stopped]);
  if (check) return;
  tell.line(`The bookstore stays up. Put a manifest into ${stage.policies}, or edit one there; end with Ctrl-C.`);
  const remarks = sayRemarks(stage, tell);
  const showing = showCounters(createDisplay(process.stdout), { read: () => bookstoreCounters(store), everyMs: 1000, signal: stop.signal });
  await Promise.race([showing, remarks, stage.mesh.done, stopped]);
}

/** What is remarked on the reader's manifests, as it comes. */
async function sayRemarks({ mesh: { bus }, manifests, policies }: Stage, tell: Teller): Promise<void> {
  const fileOf = fileIn([policies, manifests]);
  for await (const remarks of remarksIn(bus, mesh, { fileOf, signal: stop.signal })) for (const remark of remarks) tell.line(lineOf(remark));
}

/** How the mesh is started, where it is not all in this process. */
function services(): Pick<Setting, "start"> {
  return isDistributed ? { start: (place, folders) => startDistributedMesh({ ...place, folders }) } : {};
}

function envoyBin(): string {
  const path = process.env["ENVOY_BIN"];
  if (!path) throw new Error("ENVOY_BIN is not set: start the demo with `npm run demo`, which finds an Envoy");
  return path;
}
