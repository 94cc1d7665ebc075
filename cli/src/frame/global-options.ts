import type { Env } from "@osm/runtime";
import { Option, type Command } from "commander";
import { z } from "zod";
import { labelOf } from "./arguments.ts";
import type { SavedSettings } from "./saved-settings.ts";

/** What every command takes. */
export const globalOptions = z.object({
  osmNamespace: z.string(),
  kubeconfig: z.string().default(""),
  context: z.string().default(""),
  verbose: z.boolean().default(false),
});
export type GlobalOptions = z.output<typeof globalOptions>;

export const usualNamespace = "osm-system";

/** They may stand before or behind the command. The environment goes before the file of settings, the command line before both. */
export function addGlobalOptions(program: Command, env: Env, saved: SavedSettings): void {
  const namespace = env["OSM_NAMESPACE"] || saved.install.namespace || usualNamespace;
  program
    .addOption(new Option("--osm-namespace <name>", "namespace of the control plane (or OSM_NAMESPACE)").argParser(labelOf).default(namespace, usualNamespace))
    .option("--kubeconfig <file>", "kubeconfig to use; KUBECONFIG or ~/.kube/config when left out")
    .option("--context <name>", "context of the kubeconfig; its current one when left out")
    .option("--verbose", "say more of what is done");
}
