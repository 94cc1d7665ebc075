import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAbort } from "@osm/runtime";
import { runAsNamespaceRoot } from "@osm/sandbox";
import type { Console } from "../console.ts";
import { Unusable } from "../unusable.ts";
import { parseCall } from "./calls.ts";
import type { DevAsked } from "./dev-asked.ts";
import { checkPaths } from "./own-manifests.ts";
import { parseProgram } from "./programs.ts";
import { runOnce } from "./run-once.ts";
import { stayUp } from "./stay-up.ts";

/** What `osm dev` does. @returns the exit code. @throws Unusable */
export async function runDev(given: DevAsked, console: Console): Promise<number> {
  const calls = given.call.map(parseCall);
  const programs = given.run.map(parseProgram);
  checkPaths(given.file);
  const envoy = envoyBin();
  const played = await runAsNamespaceRoot([process.execPath, ...process.argv.slice(1)], (line) => console.warn(`osm: ${line}`));
  if (played !== undefined) return played;

  const dir = await mkdtemp(join(tmpdir(), "osm-dev-"));
  // Pods have users of their own, who pass through it to their files.
  await chmod(dir, 0o711);
  try {
    const asked = { paths: given.file, mesh: given.mesh, namespaces: given.namespace, programs, dir, cwd: process.cwd(), envoyBin: envoy, signal: console.signal };
    if (given.once) return await runOnce({ ...asked, calls, timeoutMs: given.timeout * 1000, failOn: given.failOn, say: console.say });
    return await stayUp({ ...asked, calls, say: console.say, lines: console.lines });
  } catch (error) {
    if (isAbort(console.signal, error)) return 0;
    throw error;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function envoyBin(): string {
  const path = process.env["ENVOY_BIN"];
  if (!path) throw new Unusable("ENVOY_BIN is not set: start it with `npm run osm -- dev`, which finds an Envoy, or let it name one");
  return path;
}
