import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAbort } from "@osm/runtime";
import { runAsNamespaceRoot } from "@osm/sandbox";
import { InvalidArgumentError, Option, type Command } from "commander";
import { z } from "zod";
import { parseCall } from "../dev/calls.ts";
import { checkPaths, Unusable } from "../dev/own-manifests.ts";
import { parseProgram } from "../dev/programs.ts";
import { runOnce } from "../dev/run-once.ts";
import { stayUp } from "../dev/stay-up.ts";
import type { Console } from "../console.ts";

const each = (value: string, before: readonly string[] = []) => [...before, value];
const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);

/** @throws InvalidArgumentError, of which Commander tells the option. */
function labelOf(value: string): string {
  if (!label.safeParse(value).success) throw new InvalidArgumentError("It is to be a name of Kubernetes: small letters, digits and -, at most 63.");
  return value;
}

function secondsOf(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError("It is to be a number of seconds.");
  return Number(value);
}

const options = z.object({
  file: z.array(z.string()), namespace: z.array(z.string()), run: z.array(z.string()), call: z.array(z.string()),
  mesh: z.string(), once: z.boolean(), timeout: z.number(), failOn: z.enum(["error", "warning"]),
});
type Options = z.output<typeof options>;

/** Adds `osm dev`: the user's own manifests on a mesh of this machine. `done` gets the exit code. */
export function addDev(program: Command, console: Console, done: (code: number) => void): void {
  program
    .command("dev")
    .summary("try manifests on this machine: pods as network namespaces, each with a real Envoy")
    .description("Runs Deployments, Services and mesh policies of manifests on this machine, without a cluster or a container engine. Edit a file, see what follows and how long it took. docs/osm-dev.md says more.")
    .requiredOption("-f, --file <path>", "file or folder of manifests, watched; may be given several times", each)
    .option("--once", "start, wait until all is settled, say what is found, exit 1 if there is an error", false)
    .option("--call <call>", "a call from a pod, as 'shop/buyer GET http://web.shop/buy = allowed'; may be given several times", each, [])
    .option("--run <image=command>", "program of this machine for an image, in place of the stand-in; may be given several times", each, [])
    .option("--namespace <name>", "declare a namespace a member of the mesh, as `osm namespace add` does; may be given several times", (value, before: readonly string[]) => [...before, labelOf(value)], [])
    .option("--mesh <name>", "name of the mesh", labelOf, "osm")
    .option("--timeout <seconds>", "with --once, how long all may take", secondsOf, 120)
    .addOption(new Option("--fail-on <severity>", "with --once, the least severe finding that fails").choices(["error", "warning"]).default("error"))
    .action(async (given: unknown) => done(await dev(options.parse(given), console)));
}

/** @returns the exit code. @throws Unusable */
async function dev(given: Options, console: Console): Promise<number> {
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
