import { Argument, type Command } from "commander";
import { z } from "zod";
import { claimantOf, findMeshes, meshNamed } from "../cluster/meshes.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { labelOf, truthOption } from "../frame/arguments.ts";
import { outputFormat, outputOption, printed } from "../frame/printed.ts";
import type { Session } from "../frame/session.ts";
import { changeNamespace, type Verdict } from "../namespaces/change-namespace.ts";
import { injectionOf, listNamespaces, meshOfNamespace, type NamespaceObject } from "../namespaces/namespace-object.ts";
import { tellEach } from "../namespaces/tell-each.ts";
import { unmeshedNote } from "../namespaces/unmeshed-note.ts";
import { addedTo, ignored, removedFrom } from "../namespaces/verdicts.ts";
import { Unusable } from "../unusable.ts";

const ofMesh = z.object({ meshName: z.string() });
const adding = ofMesh.extend({ enableSidecarInjection: z.boolean().optional(), disableSidecarInjection: z.boolean().optional() });
const listing = z.object({ meshName: z.string().default(""), output: outputFormat });

export function addNamespace(program: Command, session: Session): void {
  const namespace = program.command("namespace").alias("ns").description("Says which namespaces are in a mesh, and changes that.");
  namespace.command("add").description("Adds namespaces to a mesh. Pods that are created in them from then on get a sidecar.").addArgument(several())
    .option("--mesh-name <name>", "the mesh", labelOf, "osm")
    .addOption(truthOption("disable-sidecar-injection", "in the mesh, but without sidecars for new pods"))
    .addOption(truthOption("enable-sidecar-injection", "sidecars for new pods; so it is when neither is given"))
    .action(acting(session, adding, add));
  namespace.command("remove").description("Takes namespaces out of a mesh. Pods keep the sidecars they have until they are created anew.").addArgument(several())
    .option("--mesh-name <name>", "the mesh", labelOf, "osm").action(acting(session, ofMesh, remove));
  namespace.command("ignore").description("Marks namespaces that no mesh is to touch.").addArgument(several()).action(acting(session, z.unknown(), ignore));
  namespace.command("list").description("Lists the namespaces of all meshes, or of one.")
    .option("--mesh-name <name>", "only those of this mesh", labelOf).addOption(outputOption()).action(acting(session, listing, list));
}

function several(): Argument {
  return new Argument("<namespace...>", "one or more namespaces").argParser(eachLabel);
}

/** Commander gives nothing for `before` at the first. */
function eachLabel(value: string, before?: readonly string[]): readonly string[] {
  return [...(before ?? []), labelOf(value)];
}

async function add(asked: Asked<z.output<typeof adding>>): Promise<number> {
  const { meshName, enableSidecarInjection: on, disableSidecarInjection: off } = asked.options;
  if (on !== undefined && on === off) throw new Unusable("--enable-sidecar-injection and --disable-sidecar-injection contradict each other: give one of them");
  const inject = on ?? !(off ?? false);
  const cluster = asked.cluster();
  await meshNamed(cluster, meshName);
  const meshes = await findMeshes(cluster);
  const planes = (name: string) => meshes.filter(({ namespace }) => namespace === name).map((mesh) => mesh.name);
  const code = await changeEach(asked, cluster, (name, found) => addedTo(name, found, { mesh: meshName, inject, controlPlanes: planes(name) }));
  if (inject) for (const name of asked.names) if (planes(name).length === 0) await unmeshedNote(cluster, name, asked.console.warn);
  return code;
}

async function remove(asked: Asked<z.output<typeof ofMesh>>): Promise<number> {
  const cluster = asked.cluster();
  const meshes = (await findMeshes(cluster)).map(claimantOf);
  return await changeEach(asked, cluster, (name, found) => removedFrom(name, found, { mesh: asked.options.meshName, meshes }));
}

async function ignore(asked: Asked<unknown>): Promise<number> {
  return await changeEach(asked, asked.cluster(), ignored);
}

async function changeEach({ names, console }: Pick<Asked<unknown>, "names" | "console">, cluster: OpenedCluster, judge: (name: string, found: NamespaceObject | undefined) => Verdict): Promise<number> {
  return await tellEach(names, console, (name) => changeNamespace(cluster, name, (found) => judge(name, found)));
}

async function list({ options: { meshName, output }, cluster, console }: Asked<z.output<typeof listing>>): Promise<number> {
  const opened = cluster();
  const meshes = (await findMeshes(opened)).map(claimantOf);
  const members = (await listNamespaces(opened)).map((each) => ({ namespace: each.name, mesh: meshOfNamespace(each, meshes), sidecarInjection: injectionOf(each) }));
  const shown = members.filter(({ mesh }) => mesh !== "" && (meshName === "" || mesh === meshName));
  const empty = meshName === "" ? "No namespace is in any mesh: osm namespace add NAMESPACE adds one" : `No namespace is in mesh [${meshName}]: osm namespace add NAMESPACE --mesh-name ${meshName} adds one`;
  const rows = shown.map(({ namespace, mesh, sidecarInjection }) => [namespace, mesh, sidecarInjection]);
  console.say(printed(output, { columns: ["namespace", "mesh", "sidecar-injection"], rows, empty, value: shown }));
  return 0;
}
