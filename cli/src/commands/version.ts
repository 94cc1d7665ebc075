import { KubeError } from "@osm/kube";
import { version as own } from "@osm/runtime";
import type { Command } from "commander";
import { z } from "zod";
import { findMeshes, type Mesh } from "../cluster/meshes.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { builtFrom, type BuiltFrom } from "../frame/built-from.ts";
import { outputFormat, outputOption, printed } from "../frame/printed.ts";
import type { Session } from "../frame/session.ts";
import { Unusable } from "../unusable.ts";

const asking = z.object({ clientOnly: z.boolean().default(false), versionOnly: z.boolean().default(false), output: outputFormat });

export function addVersion(program: Command, session: Session): void {
  program.command("version").description("Prints the version of this program, with the commit that a released one was built from, and the versions of the meshes of the cluster.")
    .option("--client-only", "ask no cluster")
    .option("--version-only", "the number alone, for scripts")
    .addOption(outputOption())
    .action(acting(session, asking, version));
}

/** Meshes, or why none could be asked: who has no cluster still learns the version. */
type Found = { readonly meshes: readonly Mesh[] } | { readonly why: string };

async function version(asked: Asked<z.output<typeof asking>>): Promise<number> {
  const { options: { clientOnly, versionOnly, output }, console } = asked;
  if (versionOnly) {
    console.say(own);
    return 0;
  }
  const found = clientOnly ? { meshes: [] } : await inCluster(asked);
  const meshes = "meshes" in found ? found.meshes.map((mesh) => ({ name: mesh.name, namespace: mesh.namespace, version: mesh.version })) : [];
  const source = builtFrom();
  if (output === "table") console.say(ownLine(source));
  if (output !== "table" || meshes.length > 0) {
    const rows = meshes.map((mesh) => [mesh.name, mesh.namespace, mesh.version]);
    console.say(printed(output, { columns: ["mesh name", "mesh namespace", "version"], rows, empty: "", value: { cli: own, ...source, meshes } }));
  }
  if ("why" in found) console.warn(`note: the meshes of the cluster are not shown: ${found.why}`);
  else if (!clientOnly && meshes.length === 0) console.warn("note: there is no mesh in the cluster");
  return 0;
}

function ownLine(source: BuiltFrom | undefined): string {
  return `CLI Version: ${own}${source ? ` (commit ${source.commit}, of ${source.date})` : ""}`;
}

async function inCluster({ cluster }: Pick<Asked<unknown>, "cluster">): Promise<Found> {
  try {
    return { meshes: await findMeshes(cluster()) };
  } catch (error) {
    if (error instanceof Unusable || error instanceof KubeError) return { why: error.message };
    throw error;
  }
}
