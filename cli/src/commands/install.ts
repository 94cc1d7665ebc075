import type { Command } from "commander";
import { z } from "zod";
import { findMeshes, type Mesh } from "../cluster/meshes.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { each, labelOf, timeoutOption, truthOption } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";
import { checkRoom } from "../install/before-install.ts";
import { chartFor } from "../install/carried.ts";
import { checkSets } from "../install/check-sets.ts";
import { definitionsOf, definitionsThere, newerNote, raiseDefinitions } from "../install/definitions.ts";
import { openHelm } from "../install/helm.ts";
import { release, valuesFor } from "../install/helm-release.ts";
import { addInstallFlags } from "../install/install-flags.ts";
import { checkKubernetes } from "../install/kubernetes-version.ts";
import { refuseIfManaged } from "../install/managed.ts";
import { releasesIn } from "../install/releases.ts";

const installing = z.looseObject({
  meshName: z.string(),
  osmChartPath: z.string().default(""),
  enforceSingleMesh: z.boolean().default(false),
  timeout: z.number(),
  set: z.array(z.string()).default([]),
  atomic: z.boolean().default(false),
});

export function addInstall(program: Command, session: Session): void {
  const command = program.command("install").summary("install a mesh")
    .description("Installs a mesh with the chart that this program carries, and waits until its control plane is ready. What no TrafficTarget allows is refused; --enable-permissive-traffic-policy and --enable-egress open it.")
    .option("--mesh-name <name>", "name of the mesh", labelOf, "osm")
    .option("--osm-chart-path <path>", "another chart: a folder, or a .tgz")
    .addOption(truthOption("enforce-single-mesh", "let no other mesh stand beside it in the cluster"))
    .option("--set <values>", "values of the chart, as Helm takes them; may be given several times", each)
    .addOption(timeoutOption())
    .addOption(truthOption("atomic", "take all back where it does not come about"));
  addInstallFlags(command);
  command.action(acting(session, installing, install));
}

async function install(asked: Asked<z.output<typeof installing>>): Promise<number> {
  const { options, global, env, console } = asked;
  const { meshName: name, enforceSingleMesh: single, set: sets } = options;
  refuseIfManaged(env, "osm install");
  checkSets(sets);
  const chart = await chartFor(options.osmChartPath, env);
  const cluster = asked.cluster();
  const helm = await openHelm({ choice: cluster.choice, env, signal: console.signal });
  await checkKubernetes(cluster, helm, chart);
  const { values, notes } = await valuesFor(helm, chart, { given: options, mesh: name, single });
  for (const note of notes) console.warn(`note: ${note}`);

  const meshes = await findMeshes(cluster);
  const wanted = { name, namespace: namespaceFor(asked, meshes), single };
  if (wanted.namespace !== global.osmNamespace) console.warn(`note: namespace ${global.osmNamespace} has a mesh, so this one is installed in ${wanted.namespace}; --osm-namespace names another`);
  checkRoom(wanted, { meshes, releases: await releasesIn(helm, wanted.namespace) });
  // Helm makes those that are not there, and waits until they are served.
  const standing = await definitionsThere(cluster, await definitionsOf(helm, chart));
  for (const note of newerNote(await raiseDefinitions(cluster, standing))) console.warn(note);
  const watched = { cluster, namespace: wanted.namespace, mesh: name, say: console.warn, verbose: global.verbose };
  const undoing = `what was made stays for you to look at; osm uninstall mesh --mesh-name ${name} --osm-namespace ${wanted.namespace} -f takes it back`;
  await release(helm, { verb: ["install", "--create-namespace"], chart, values, sets, timeoutS: options.timeout, atomic: options.atomic, undoing }, watched);
  console.say(`OSM installed successfully in namespace [${wanted.namespace}] with mesh name [${name}]`);
  return 0;
}

/** Where the user named none and the usual one has a mesh of another name, one named after the mesh: each mesh has its own. */
function namespaceFor({ options: { meshName }, global, isUsualNamespace }: Asked<z.output<typeof installing>>, meshes: readonly Mesh[]): string {
  const isTaken = meshes.some(({ name, namespace }) => namespace === global.osmNamespace && name !== meshName);
  if (!isUsualNamespace || !isTaken) return global.osmNamespace;
  const suffix = "-system";
  return meshName.length + suffix.length > 63 ? meshName : `${meshName}${suffix}`;
}
