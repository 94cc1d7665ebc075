import { sentenceOf } from "@osm/compile";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { meshNamed } from "../cluster/meshes.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { each, eachOf, labelOf } from "../frame/arguments.ts";
import { outputFormat, outputOption, printed } from "../frame/printed.ts";
import type { Session } from "../frame/session.ts";
import { ingressConflicts } from "../policy/ingress-conflicts.ts";
import { readTruth } from "../policy/mesh-truth.ts";
import { meshedPod, podNameOf, remarksFor } from "../policy/pod-argument.ts";
import { accountOf, configOf, waysBetween } from "../policy/ways-between.ts";
import { Unusable } from "../unusable.ts";

const checking = z.object({ meshName: z.string(), output: outputFormat, path: z.string().optional(), method: z.string(), header: z.array(z.string()).default([]) });

export function addPolicy(program: Command, session: Session): void {
  const policy = program.command("policy").description("Says what the policies of a mesh come to.");
  addCheckPods(policy, session);
  addCheckConflicts(policy, session);
  // As it was called from 0.6 to 0.8.
  addCheckPods(program.command("trafficpolicy", { hidden: true }), session);
}

function addCheckPods(parent: Command, session: Session): void {
  parent.command("check-pods").summary("say what a pod may ask of another")
    .description("Says, for each service port and each rule, whether a pod may call another, and which object decides. It compiles what the cluster holds as the mesh does and tries a call of each kind. Ends with 1 where nothing is allowed.")
    .argument("<source>", "the calling pod: namespace/name, or a name in default", podNameOf)
    .argument("<destination>", "the called pod", podNameOf)
    .option("--mesh-name <name>", "the mesh", labelOf, "osm")
    .option("--path <path>", "try this one request instead", pathOf)
    .option("--method <method>", "its method", "GET")
    .option("--header <name:value>", "a header of it; may be given several times", each)
    .addOption(outputOption())
    .action(acting(session, checking, checkPods));
}

const conflicting = z.object({ namespaces: z.array(z.string()), output: outputFormat });

function addCheckConflicts(parent: Command, session: Session): void {
  parent.command("check-conflicts").description("Says which IngressBackends of a namespace speak of the same port of the same service. Ends with 1 where some do.")
    .addArgument(new Argument("<kind>", "what to compare").choices(["ingressbackend"]))
    .requiredOption("-n, --namespaces <name>", "the namespace", eachOf)
    .addOption(outputOption())
    .action(acting(session, conflicting, checkConflicts));
}

async function checkConflicts({ options: { namespaces, output }, cluster, console }: Asked<z.output<typeof conflicting>>): Promise<number> {
  const [namespace = "", ...others] = namespaces;
  if (namespace === "" || others.length > 0) throw new Unusable("--namespaces takes exactly one namespace: IngressBackends of different ones cannot conflict");
  const found = await ingressConflicts(cluster(), namespace);
  const rows = found.map(({ first, second, backend }) => [first, second, backend]);
  console.say(printed(output, { columns: ["ingressbackend", "conflicts with", "about"], rows, empty: `No conflicts among the IngressBackends of namespace ${namespace}`, value: found }));
  return found.length === 0 ? 0 : 1;
}

function pathOf(value: string): string {
  if (!/^\/[!-~]*$/.test(value)) throw new InvalidArgumentError("A path begins with /.");
  return value;
}

async function checkPods({ options, names, cluster, console }: Asked<z.output<typeof checking>>): Promise<number> {
  const [source = "", destination = ""] = names;
  const pods = { from: podNameOf(source), to: podNameOf(destination) };
  const opened = cluster();
  const mesh = await meshNamed(opened, options.meshName);
  const truth = await readTruth(opened, mesh);
  const pair = { from: await meshedPod(opened, { truth, mesh }, pods.from), to: await meshedPod(opened, { truth, mesh }, pods.to) };
  const ways = waysBetween(truth, pair, options.path === undefined ? undefined : { kind: "http", method: options.method.toUpperCase(), path: options.path, headers: headersOf(options.header) });

  const remarks = remarksFor(truth, pair.to.namespace).map((finding) => `${finding.on}${finding.field === "" ? "" : ` at ${finding.field}`}: ${sentenceOf(finding)}`);
  if (options.output === "table") console.say(`${source} (ServiceAccount ${accountOf(pair.from)}) to ${destination} (ServiceAccount ${accountOf(pair.to)}), mesh ${mesh.name}, MeshConfig ${configOf(truth)}\n`);
  const rows = ways.map(({ service, request, answer, by }) => [service, request, answer, by]);
  const empty = `No Service of the mesh leads to pod ${destination}: nothing can call it by the mesh`;
  console.say(printed(options.output, { columns: ["service", "request", "answer", "by"], rows, empty, value: { mesh: mesh.name, ways, remarks } }));
  if (options.output === "table") for (const remark of remarks) console.say(`\nremarked on ${remark}`);
  return ways.some(({ answer }) => answer === "allowed") ? 0 : 1;
}

/** @throws Unusable */
function headersOf(headers: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.map((text) => {
    const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(text) ?? [];
    if (name === "") throw new Unusable(`${text} is no header: --header takes NAME:VALUE`);
    return [name.toLowerCase(), value];
  }));
}
