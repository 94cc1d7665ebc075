import { InvalidArgumentError, Option, type Command } from "commander";
import { devAsked } from "../dev/dev-asked.ts";
import { each, labelOf } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";

function secondsOf(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError("It is to be a number of seconds.");
  return Number(value);
}

/** Adds `osm dev`: the user's own manifests on a mesh of this machine. What runs it is loaded only then: no other command needs a mesh. */
export function addDev(program: Command, { console, done }: Session): void {
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
    .action(async (given: unknown) => {
      const { runDev } = await import("../dev/run-dev.ts");
      done(await runDev(devAsked.parse(given), console));
    });
}
