import type { Command } from "commander";
import { z } from "zod";
import { claimantOf, findMeshes, type Mesh } from "../cluster/meshes.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { smiSupport } from "../cluster/smi-support.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { portOf } from "../frame/arguments.ts";
import { outputFormat, outputOption, printed } from "../frame/printed.ts";
import type { Session } from "../frame/session.ts";
import { tableOf } from "../frame/table.ts";
import { addUninstallMesh } from "./uninstall.ts";
import { addUpgrade } from "./upgrade.ts";
import { listNamespaces, meshOfNamespace } from "../namespaces/namespace-object.ts";

const listing = z.object({ output: outputFormat });

export function addMesh(program: Command, session: Session): void {
  const mesh = program.command("mesh").description("Lists and upgrades the meshes of the cluster.");
  mesh.command("list").description("Lists the meshes: where each control plane is, its version, its namespaces, and the SMI kinds it reads.")
    .addOption(outputOption())
    .option("-p, --local-port <port>", "as in OSM; not needed, for nothing is forwarded", portOf)
    .action(acting(session, listing, list));
  addUpgrade(mesh, session);
  // As it was called up to 0.8, and in 0.3.
  addUninstallMesh(mesh, session, { name: "uninstall", hidden: true }).aliases(["delete", "del"]);
}

interface ListedMesh {
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly namespaces: readonly string[];
  readonly smi: readonly string[];
}

async function list({ options: { output }, cluster, console }: Asked<z.output<typeof listing>>): Promise<number> {
  const opened = cluster();
  const meshes = await listed(opened, await findMeshes(opened));
  if (output !== "table" || meshes.length === 0) {
    console.say(printed(output, { columns: [], rows: [], empty: "No osm mesh control planes found: osm install makes one", value: meshes }));
    return 0;
  }
  console.say(tableOf(["mesh name", "mesh namespace", "version", "added namespaces"], meshes.map(({ name, namespace, version, namespaces }) => [name, namespace, version, namespaces.join(",") || "-"])));
  console.say("");
  console.say(tableOf(["mesh name", "mesh namespace", "smi supported"], meshes.map(({ name, namespace, smi }) => [name, namespace, smi.join(",") || "none: its definitions are gone"])));
  console.say("");
  console.say("The pods of a control plane: kubectl get pods -n <mesh-namespace> -l app.kubernetes.io/instance=<mesh-name>");
  return 0;
}

async function listed(cluster: OpenedCluster, meshes: readonly Mesh[]): Promise<readonly ListedMesh[]> {
  const claimants = meshes.map(claimantOf);
  const namespaces = meshes.length === 0 ? [] : await listNamespaces(cluster);
  const smi = meshes.length === 0 ? [] : await smiSupport(cluster);
  return meshes.map(({ name, namespace, version }) => ({
    name, namespace, version, smi,
    namespaces: namespaces.filter((each) => meshOfNamespace(each, claimants) === name).map((each) => each.name).toSorted(),
  }));
}
