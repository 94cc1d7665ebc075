import type { Command } from "commander";
import { z } from "zod";
import { meshNamed } from "../cluster/meshes.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { each, labelOf, timeoutOption, truthOption } from "../frame/arguments.ts";
import type { Session } from "../frame/session.ts";
import { chartFor } from "../install/carried.ts";
import { checkSets } from "../install/check-sets.ts";
import { definitionsOf, newerNote, raiseDefinitions } from "../install/definitions.ts";
import { openHelm } from "../install/helm.ts";
import { release, valuesFor } from "../install/helm-release.ts";
import { checkKubernetes } from "../install/kubernetes-version.ts";
import { refuseIfManaged } from "../install/managed.ts";
import { Unmet } from "../unusable.ts";

const upgrading = z.looseObject({
  meshName: z.string(),
  osmChartPath: z.string().default(""),
  timeout: z.number(),
  set: z.array(z.string()).default([]),
  atomic: z.boolean().default(false),
  resetValues: z.boolean().default(false),
  enforceSingleMesh: z.boolean().optional(),
});

export function addUpgrade(mesh: Command, session: Session): void {
  mesh.command("upgrade").summary("upgrade a mesh")
    .description("Upgrades a mesh to the chart that this program carries, and waits. Values that were set before stay, unlike in OSM; --reset-values leaves them. A mesh that Helm installed is upgraded as well.")
    .option("--mesh-name <name>", "the mesh", labelOf, "osm")
    .option("--osm-chart-path <path>", "another chart: a folder, or a .tgz")
    .option("--set <values>", "values of the chart, as Helm takes them; may be given several times", each)
    .addOption(timeoutOption())
    .addOption(truthOption("enforce-single-mesh", "let no other mesh stand beside it in the cluster"))
    .addOption(truthOption("reset-values", "the chart's own values in place of those set before, as OSM did"))
    .addOption(truthOption("atomic", "go back to what was where it does not come about"))
    .action(acting(session, upgrading, upgrade));
}

async function upgrade(asked: Asked<z.output<typeof upgrading>>): Promise<number> {
  const { options, global, env, console } = asked;
  const { enforceSingleMesh: single } = options;
  refuseIfManaged(env, "osm mesh upgrade");
  checkSets(options.set);
  const cluster = asked.cluster();
  const mesh = await meshNamed(cluster, options.meshName);
  if (mesh.make === "older") throw new Unmet(`mesh ${mesh.name} is an Open Service Mesh ${mesh.version}, which cannot become this one in place: install this one beside it under another --mesh-name, then move namespace by namespace (osm namespace remove, osm namespace add)`);
  const chart = await chartFor(options.osmChartPath, env);
  const helm = await openHelm({ choice: cluster.choice, env, signal: console.signal });
  await checkKubernetes(cluster, helm, chart);
  const { values } = await valuesFor(helm, chart, { given: {}, mesh: mesh.name, single });
  for (const note of newerNote(await raiseDefinitions(cluster, await definitionsOf(helm, chart)))) console.warn(note);
  const watched = { cluster, namespace: mesh.namespace, mesh: mesh.name, say: console.warn, verbose: global.verbose };
  const verb = ["upgrade", options.resetValues ? "--reset-values" : "--reset-then-reuse-values"];
  const undoing = `what runs goes on; osm mesh upgrade again once it is mended, or helm rollback ${mesh.name} -n ${mesh.namespace} goes back`;
  await release(helm, { verb, chart, values, sets: options.set, timeoutS: options.timeout, atomic: options.atomic, undoing }, watched);
  console.say(`OSM successfully upgraded mesh [${mesh.name}] in namespace [${mesh.namespace}]`);
  return 0;
}
