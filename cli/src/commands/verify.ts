import { Option, type Command } from "commander";
import { z } from "zod";
import { findMeshes, meshNamed } from "../cluster/meshes.ts";
import { acting, type Asked } from "../frame/acting.ts";
import { labelOf, portOf } from "../frame/arguments.ts";
import { outputFormat, outputOption, printed } from "../frame/printed.ts";
import type { Session } from "../frame/session.ts";
import { readTruth } from "../policy/mesh-truth.ts";
import { podNameOf, type PodName } from "../policy/pod-argument.ts";
import { Unmet, Unusable } from "../unusable.ts";
import { linesOf, type Check } from "../verify/check.ts";
import { verifyInside, verifyOutside } from "../verify/connectivity.ts";
import { verifyHealth } from "../verify/health.ts";
import { verifyIngress } from "../verify/ingress.ts";
import type { Scene } from "../verify/pod-checks.ts";

const named = z.object({ namespace: z.string(), name: z.string() });
/** As services name them, and as they are told apart here: gRPC is HTTP, and who speaks first does not matter. */
const spoken = { http: "http", grpc: "http", tcp: "tcp", "tcp-server-first": "tcp" } as const;
const protocol = z.enum(["http", "grpc", "tcp", "tcp-server-first"]).transform((name) => spoken[name]);
const common = z.object({ meshName: z.string(), output: outputFormat });
const connecting = common.extend({
  fromPod: named, toPod: named.optional(), toService: z.string().optional(), toExtPort: z.number().optional(), toExtHost: z.string().optional(), appProtocol: protocol,
});
const entering = common.extend({ fromService: named, toPod: named, toService: z.string(), ingressBackend: z.string(), toPort: z.number() });
const healthy = z.object({ meshName: z.string().default(""), output: outputFormat });

export function addVerify(program: Command, session: Session): void {
  const verify = program.command("verify").description("Looks whether something works, and says what keeps it from it. Ends with 1 where something does.");
  verify.command("connectivity").description("Whether a pod may call another by a service, or a host outside of the mesh: from what the mesh compiles of the objects in the cluster.")
    .requiredOption("--from-pod <namespace/pod>", "the calling pod", podNameOf)
    .option("--to-pod <namespace/pod>", "the called pod", podNameOf)
    .option("--to-service <name>", "the service it is called by, in its namespace", labelOf)
    .option("--to-ext-port <port>", "port of a host outside of the mesh", portOf)
    .option("--to-ext-host <host>", "the host; any when left out")
    .addOption(protocolOption()).option("--mesh-name <name>", "the mesh", labelOf, "osm").addOption(outputOption())
    .action(acting(session, connecting, connectivity));
  verify.command("ingress").description("Whether an ingress controller may call a pod by an IngressBackend.")
    .requiredOption("--from-service <namespace/name>", "service of the ingress controller", podNameOf)
    .requiredOption("--to-pod <namespace/pod>", "the called pod", podNameOf)
    .requiredOption("--to-service <name>", "its service", labelOf)
    .requiredOption("--ingress-backend <name>", "the IngressBackend, in the pod's namespace", labelOf)
    .requiredOption("--to-port <port>", "the port of the pod", portOf)
    .addOption(protocolOption()).option("--mesh-name <name>", "the mesh", labelOf, "osm").addOption(outputOption())
    .action(acting(session, entering, ingress));
  verify.command("control-plane-health").description("Whether every part of a control plane is there and ready.")
    .option("--mesh-name <name>", "the mesh; all when left out", labelOf).addOption(outputOption())
    .action(acting(session, healthy, health));
}

function protocolOption(): Option {
  return new Option("--app-protocol <protocol>", "what is spoken").choices(Object.keys(spoken)).default("http");
}

async function sceneOf({ cluster, options }: Asked<z.output<typeof common>>): Promise<Scene> {
  const opened = cluster();
  const mesh = await meshNamed(opened, options.meshName);
  return { cluster: opened, mesh, truth: await readTruth(opened, mesh) };
}

async function connectivity(asked: Asked<z.output<typeof connecting>>): Promise<number> {
  const { fromPod: from, toPod: to, toService: service, toExtPort: port, toExtHost: host = "0.0.0.0", appProtocol } = asked.options;
  const isInside = to !== undefined && service !== undefined;
  if (isInside === (port !== undefined)) throw new Unusable("say either --to-pod with --to-service, or --to-ext-port with --to-ext-host");
  if (isInside) return told(asked, [await verifyInside(await sceneOf(asked), { from, to, service, protocol: appProtocol })]);
  return told(asked, [await verifyOutside(await sceneOf(asked), { from, host: host === "0.0.0.0" ? "any host" : host, port: port ?? 0, protocol: appProtocol })]);
}

async function ingress(asked: Asked<z.output<typeof entering>>): Promise<number> {
  const { fromService, toPod, toService, ingressBackend, toPort } = asked.options;
  const from: PodName = fromService;
  return told(asked, [await verifyIngress(await sceneOf(asked), { from, to: toPod, service: toService, backend: ingressBackend, port: toPort })]);
}

async function health(asked: Asked<z.output<typeof healthy>>): Promise<number> {
  const { meshName } = asked.options;
  const cluster = asked.cluster();
  const meshes = meshName === "" ? await findMeshes(cluster) : [await meshNamed(cluster, meshName)];
  if (meshes.length === 0) throw new Unmet("there is no mesh in the cluster: osm install makes one");
  return told(asked, await Promise.all(meshes.map((mesh) => verifyHealth(cluster, mesh))));
}

function told({ options: { output }, console }: Asked<{ readonly output: z.output<typeof outputFormat> }>, checks: readonly Check[]): number {
  if (output !== "table") console.say(printed(output, { columns: [], rows: [], empty: "", value: checks.length === 1 ? checks[0] : checks }));
  else for (const check of checks) for (const line of linesOf(check)) console.say(line);
  return checks.every(({ status }) => status === "Success") ? 0 : 1;
}
