import type { Command } from "commander";
import { z } from "zod";
import { findMeshes } from "../cluster/meshes.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { labelOf, portOf } from "../frame/arguments.ts";
import { createAsk } from "../frame/ask.ts";
import type { Session } from "../frame/session.ts";
import { carriedChart } from "../install/carried.ts";
import { definitionsOf } from "../install/definitions.ts";
import { openHelm } from "../install/helm.ts";
import { refuseIfManaged } from "../install/managed.ts";
import type { Place } from "../install/leftovers.ts";
import { placesFor } from "../install/places.ts";
import { removeMesh } from "../install/remove-mesh.ts";
import { checkRemovable, removeDefinitions, sidecarNote, type Removal, type Remover } from "../install/uninstall-mesh.ts";

const uninstalling = z.object({
  meshName: z.string().default(""),
  force: z.boolean().default(false),
  deleteClusterWideResources: z.boolean().default(false),
  deleteNamespace: z.boolean().default(false),
  caBundleSecretName: z.string(),
});
type Uninstalling = z.output<typeof uninstalling>;

export function addUninstall(program: Command, session: Session): void {
  const uninstall = program.command("uninstall").aliases(["delete", "del"]).description("Uninstalls a mesh.");
  addUninstallMesh(uninstall, session, { name: "mesh", hidden: false });
}

/** `osm uninstall mesh`, and what it was called in older releases. */
export function addUninstallMesh(parent: Command, session: Session, { name, hidden }: { readonly name: string; readonly hidden: boolean }): Command {
  return parent.command(name, { hidden }).summary("uninstall a mesh, or all")
    .description("Uninstalls a mesh. Its roots, credentials and definitions stay, with all mesh policies, so that a new installation goes on with them; -a deletes them too. Asks before each step.")
    .option("--mesh-name <name>", "the mesh; all, one after the other, when left out", labelOf)
    .option("-f, --force", "ask nothing, and do not mind a mesh that is not there")
    .option("-a, --delete-cluster-wide-resources", "delete its roots and credentials, what its bus kept, and, where no other mesh is left, the definitions with all objects of their kinds")
    .option("--delete-namespace", "delete the namespace of the control plane")
    .option("--ca-bundle-secret-name <name>", "the Secret with the root of the mesh", "osm-ca-bundle")
    .option("-p, --local-port <port>", "as in OSM; not needed, for nothing is forwarded", portOf)
    .action(acting(session, uninstalling, run));
}

async function run(asked: Asked<Uninstalling>): Promise<number> {
  const { options, env, console } = asked;
  refuseIfManaged(env, "osm uninstall mesh");
  const cluster = asked.cluster();
  const helm = await openHelm({ choice: cluster.choice, env, signal: console.signal });
  const ask = options.force ? () => Promise.resolve(true) : createAsk(console);
  const remover: Remover = { cluster, helm, ask, say: console.say, warn: console.warn };
  const removal = { wide: options.deleteClusterWideResources, namespace: options.deleteNamespace, caBundle: options.caBundleSecretName };
  const { meshName: mesh, force } = options;
  const places = await placesFor(remover, { mesh, namespace: asked.global.osmNamespace, isUsualNamespace: asked.isUsualNamespace, force });
  for (const { namespace } of places) checkRemovable(removal, namespace);

  const removed = await removeEach(remover, places, removal);
  // Definitions without any mesh go too, but not for a name that means nothing.
  if (removal.wide && (places.length > 0 || mesh === "")) await removeWide(remover, await carriedChart(env));
  return removed < places.length && !force ? 1 : 0;
}

/** @returns how many were there and went */
async function removeEach(remover: Remover, places: readonly Place[], removal: Removal): Promise<number> {
  let removed = 0;
  for (const place of places) if (await removeMesh(remover, place, removal)) removed += 1;
  if (removed > 0) await sidecarNote(remover);
  return removed;
}

async function removeWide(remover: Remover, chart: string): Promise<void> {
  const others = await findMeshes(remover.cluster);
  if (others.length > 0) return remover.warn(`note: the definitions stay, for other meshes need them: ${others.map(({ name }) => name).join(", ")}`);
  await removeDefinitions(remover, await definitionsOf(remover.helm, chart));
}
