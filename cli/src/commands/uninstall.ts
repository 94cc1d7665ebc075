import type { Command } from "commander";
import { z } from "zod";
import { findMeshes } from "../cluster/meshes.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { labelOf, portOf } from "../frame/arguments.ts";
import { createAsk } from "../frame/ask.ts";
import type { Session } from "../frame/session.ts";
import { carriedChart } from "../install/carried.ts";
import { definitionsOf } from "../install/definitions.ts";
import { openHelm } from "../install/helm.ts";
import type { Place } from "../install/leftovers.ts";
import { refuseIfManaged } from "../install/managed.ts";
import { checkRemovable, removeDefinitions, removeNamespace, removeRelease, removeRest, sidecarNote, type Remover, type Removal } from "../install/uninstall-mesh.ts";
import { Unmet, Unusable } from "../unusable.ts";

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
    .option("-a, --delete-cluster-wide-resources", "delete its roots and credentials, and, where no other mesh is left, the definitions with all objects of their kinds")
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
  const places = await placesFor(asked, cluster);
  for (const { namespace } of places) checkRemovable(removal, namespace);

  let missing = 0;
  for (const place of places) if (!(await removeOne(remover, place, removal))) missing += 1;
  if (removal.wide) await removeWide(remover, await carriedChart(env));
  if (missing < places.length) await sidecarNote(remover);
  return missing > 0 && !options.force ? 1 : 0;
}

/** @throws Unmet, Unusable where it is not clear what is meant */
async function placesFor({ options: { meshName, force }, global }: Asked<Uninstalling>, cluster: OpenedCluster): Promise<readonly Place[]> {
  const meshes = await findMeshes(cluster);
  const older = meshes.find((each) => each.name === meshName && each.make === "older");
  if (older) throw new Unmet(`mesh ${meshName} is an Open Service Mesh ${older.version}: uninstall it with the osm of that release`);
  const ours = meshes.filter((each) => each.make === "osm");
  const found = ours.filter((each) => meshName === "" || each.name === meshName).map(({ name, namespace }) => ({ mesh: name, namespace }));
  if (found.length > 1 && force) throw new Unusable(`there are the meshes ${found.map(({ mesh }) => mesh).join(", ")}: say which with --mesh-name, or leave out -f to be asked for each`);
  // Perhaps an installation that never came about, of which Helm knows.
  return found.length > 0 ? found : [{ mesh: meshName || "osm", namespace: global.osmNamespace }];
}

async function removeOne(remover: Remover, place: Place, removal: Removal): Promise<boolean> {
  const wasThere = await removeRelease(remover, place);
  if (!wasThere) remover.warn(`note: no mesh [${place.mesh}] was uninstalled from namespace [${place.namespace}]`);
  const { cluster } = remover;
  const stands = !wasThere && (await findMeshes(cluster)).some((each) => each.name === place.mesh && each.namespace === place.namespace);
  // Somebody who said no keeps what the mesh needs.
  if (stands) return false;
  await removeRest(remover, place, removal);
  if (removal.namespace) await removeNamespace(remover, place.namespace);
  return wasThere;
}

async function removeWide(remover: Remover, chart: string): Promise<void> {
  const others = await findMeshes(remover.cluster);
  if (others.length > 0) return remover.warn(`note: the definitions stay, for other meshes need them: ${others.map(({ name }) => name).join(", ")}`);
  await removeDefinitions(remover, await definitionsOf(remover.helm, chart));
}
