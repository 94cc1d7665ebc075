import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { version } from "@osm/runtime";
import type { Command } from "commander";
import { z } from "zod";
import { claimantOf, findMeshes, type Claimant } from "../cluster/meshes.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { podsOfDeployment } from "../cluster/pods-of-deployment.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { eachOf, truthOption } from "../frame/arguments.ts";
import { outputFormat, outputOption, printed } from "../frame/printed.ts";
import type { Session } from "../frame/session.ts";
import { counted } from "../frame/words.ts";
import { listNamespaces, meshOfNamespace } from "../namespaces/namespace-object.ts";
import { collectReport, type ReportOf } from "../support/bug-report.ts";
import { findingCodes } from "../support/finding-codes.ts";
import { ingressNamespaces } from "../support/ingress-namespaces.ts";
import { tarOf } from "../support/tar.ts";
import { Unmet, Unusable } from "../unusable.ts";

const several = z.array(z.string()).default([]);
const reporting = z.object({ all: z.boolean().default(false), appNamespaces: several, appDeployments: several, appPods: several, ingress: z.boolean().default(false), outFile: z.string().default("") });
type Reporting = z.output<typeof reporting>;
const explaining = z.object({ output: outputFormat });

export function addSupport(program: Command, session: Session): void {
  const support = program.command("support").description("Explains codes, and collects what somebody who is to help will ask for.");
  support.command("error-info").description("Says what the codes mean that are remarked on users' objects, in events and by osm policy check-pods.")
    .argument("[code]", "one code; all when left out").addOption(outputOption()).action(acting(session, explaining, explain));
  support.command("bug-report").summary("collect what is known of the meshes into one file")
    .description("Collects objects, events and logs of the control planes, all mesh policies, and on request those of applications, into a .tar.gz. No Secret is read; values of environment variables and of ConfigMaps are left out. Look into it before you send it: logs hold what programs wrote.")
    .option("--all", "the namespaces of all meshes too")
    .option("--app-namespaces <names>", "namespaces of applications, with commas between; may be given several times", eachOf)
    .option("--app-deployments <deployments>", "deployments whose pods' sidecars' logs are wanted, as namespace/name", eachOf)
    .option("--app-pods <pods>", "pods whose sidecars' logs are wanted, as namespace/name; those of all pods when left out", eachOf)
    .addOption(truthOption("ingress", "Ingresses, and the namespaces of the ingress controllers that IngressBackends name"))
    .option("-o, --out-file <file>", "where to; a file in the folder for temporary ones when left out")
    .action(acting(session, reporting, report));
}

function explain({ options: { output }, names: [code], console }: Asked<z.output<typeof explaining>>): number {
  if (code !== undefined && /^E\d{4}$/.test(code)) throw new Unmet(`${code} is a code of Open Service Mesh 1.x, and this mesh has no numbers: osm support error-info lists its codes`);
  const found = code === undefined ? findingCodes : findingCodes.filter((each) => each.code === code.toUpperCase());
  if (found.length === 0) throw new Unusable(`there is no code ${code ?? ""}: osm support error-info lists all`);
  console.say(printed(output, { columns: ["error code", "description"], rows: found.map((each) => [each.code, each.description]), empty: "", value: found }));
  return 0;
}

async function report({ options, cluster, console }: Asked<Reporting>): Promise<number> {
  checkNames("--app-pods", "pod", options.appPods);
  checkNames("--app-deployments", "deployment", options.appDeployments);
  const opened = cluster();
  const meshes = await findMeshes(opened);
  const { namespaces, pods } = await wantedIn(opened, options, meshes.map(claimantOf));
  const gates = options.ingress ? await ingressNamespaces(opened) : undefined;
  const collected = await collectReport(opened, { meshes, namespaces, pods, ...(gates && { gates }) });
  const about = { path: "version.txt", content: `CLI Version: ${version}\n${meshes.map(({ name, namespace, version: of }) => `mesh ${name} in ${namespace}: ${of}\n`).join("")}` };
  const file = options.outFile || join(await mkdtemp(join(tmpdir(), "osm-report-")), "osm-bug-report.tar.gz");
  const files = [about, ...collected].map(({ path, content }) => ({ path: `osm-bug-report/${path}`, content }));
  await writeFile(file, await promisify(gzip)(tarOf(files)), { mode: 0o600 });
  console.say(`${counted(files.length, "file")} of ${counted(meshes.length, "mesh").replace("meshs", "meshes")} and ${counted(namespaces.length, "application namespace")}${gates ? `, and of ingress in ${gates.join(", ") || "no namespace"}` : ""}: ${file}`);
  return 0;
}

/** @throws Unusable for one without a namespace */
function checkNames(option: string, kind: string, names: readonly string[]): void {
  const bad = names.find((each) => each.split("/").length !== 2);
  if (bad !== undefined) throw new Unusable(`${bad} names no ${kind}: ${option} takes NAMESPACE/NAME`);
}

async function wantedIn(cluster: OpenedCluster, options: Reporting, claimants: readonly Claimant[]): Promise<Pick<ReportOf, "namespaces" | "pods">> {
  const members = options.all ? (await listNamespaces(cluster)).filter((each) => meshOfNamespace(each, claimants) !== "").map(({ name }) => name) : [];
  const ofDeployments = await Promise.all(options.appDeployments.map((each) => podsOfDeployment(cluster, each)));
  const named = [...options.appPods, ...options.appDeployments].map((each) => each.split("/")[0] ?? "");
  // A deployment of no pods names none, which is not all.
  const pods = named.length === 0 ? undefined : [...options.appPods, ...ofDeployments.flat()];
  return { namespaces: [...new Set([...members, ...options.appNamespaces, ...named])], pods };
}
