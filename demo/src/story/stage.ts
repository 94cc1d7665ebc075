import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { converge, openSandboxedMesh, startLocalMesh, type Converged, type MeshPlace, type RunningMesh } from "@osm/cli/dev";
import { parseObject, splitDocuments } from "@osm/intake";
import { openFolder, withDefaults } from "@osm/kube";
import { meshName, type ServiceFact } from "@osm/model";
import { createLog, type Log } from "@osm/runtime";
import type { Pod, PodSpec, Sandbox, SandboxService, TokenIssuer } from "@osm/sandbox";

export { nodeBin } from "@osm/cli/dev";

/** Where the story plays: a mesh, pods beside it, and the folder that a reader edits. */
export interface Stage extends AsyncDisposable {
  readonly mesh: RunningMesh;
  readonly sandbox: Sandbox;
  readonly dir: string;
  readonly certificateLifeSec: number;
  readonly drainSec: number;
  /** Folder of the manifests that the story began with. */
  readonly manifests: string;
  readonly signal: AbortSignal;
  readonly log: (service: string) => Log;
  /** Folder of policies: what is put here is applied. */
  readonly policies: string;
  readonly startPod: (spec: Omit<PodSpec, "sidecar">) => Promise<Pod>;
  /** Puts a copy of a manifest in place, and waits for the last ACK. */
  readonly apply: (file: string) => Promise<Converged>;
  readonly withdraw: (file: string) => Promise<Converged>;
  /** Puts it in place and waits for nothing. */
  readonly drop: (file: string) => Promise<void>;
}

export const mesh = meshName("osm");
export const home = join(import.meta.dirname, "../..");
export const appsDir = join(home, "src/apps");

/** What the injector gives sidecars. */
const injectedDrainSec = 45;

export interface Setting {
  readonly dir: string;
  readonly envoyBin: string;
  readonly signal: AbortSignal;
  /** Seconds that a workload's certificate lives. */
  readonly certificateLifeSec: number;
  /** Folders of manifests that the story begins with. */
  readonly manifests: readonly string[];
  /** For how long the connections of a listener that goes may live on; as injected when left out. */
  readonly drainSec?: number;
  /** Who signs the tokens that proxies show; an issuer of its own when left out. */
  readonly tokens?: TokenIssuer;
  /** Starts the mesh on these folders of manifests; all of it in this process when left out. */
  readonly start?: (place: MeshPlace, folders: readonly string[]) => Promise<RunningMesh>;
}

export async function openStage({ dir, envoyBin, signal, certificateLifeSec, manifests: given, drainSec, tokens, start = startTogether }: Setting): Promise<Stage> {
  const [manifests, policies] = [join(dir, "manifests"), join(dir, "policies")];
  for (const folder of [manifests, policies]) await mkdir(folder, { recursive: true });
  for (const folder of given) await cp(folder, join(manifests, basename(folder)), { recursive: true });

  const log = serviceLog();
  const open = await openSandboxedMesh({
    mesh, dir, envoyBin, certificateLifeSec, log, signal, share: [appsDir],
    start: (place) => start(place, [manifests, policies]),
    ...(drainSec === undefined ? {} : { drainSec }), ...(tokens === undefined ? {} : { tokens }),
  });
  return {
    dir, certificateLifeSec, drainSec: drainSec ?? injectedDrainSec, mesh: open.mesh, sandbox: open.sandbox, manifests, policies, signal: open.signal, log, ...policyFolder(open.mesh, policies),
    startPod: (spec) => open.sandbox.startPod({ ...spec, sidecar: true }),
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

async function startTogether(place: MeshPlace, folders: readonly string[]): Promise<RunningMesh> {
  return startLocalMesh({ ...place, host: place.hosts[0], cluster: openFolder([...folders, place.running]) });
}

function policyFolder({ bus }: RunningMesh, policies: string): Pick<Stage, "apply" | "withdraw" | "drop"> {
  const placeOf = (file: string) => join(policies, basename(file));
  const drop = (file: string) => cp(file, placeOf(file));
  return {
    drop,
    apply: async (file) => converge(bus, mesh, { text: await readFile(file, "utf8"), change: () => drop(file) }),
    withdraw: async (file) => converge(bus, mesh, { text: await readFile(file, "utf8"), change: () => rm(placeOf(file)) }),
  };
}

/** Tells the sandbox of the Services in a manifest, which nobody else looks after. */
export async function applyServices({ sandbox }: Stage, path: string): Promise<void> {
  sandbox.applyServices(await servicesIn(path));
}

async function servicesIn(path: string): Promise<readonly SandboxService[]> {
  const documents = splitDocuments(await readFile(path, "utf8"));
  if (documents.kind === "broken") throw new Error(`${path} is broken in line ${documents.line}`);
  const facts = documents.objects.map((object) => parseObject(withDefaults(object), { mesh, osmNamespace: "osm-system" }).value);
  return facts.filter((fact): fact is ServiceFact => fact?.kind === "Service").map((fact) => ({
    namespace: fact.namespace, name: fact.name, clusterIP: fact.clusterIps[0] ?? "", selector: fact.selector, ports: fact.ports,
  }));
}

/** Quiet unless asked: a story is told by its lines. */
function serviceLog(): (service: string) => Log {
  return (service) => createLog(service, process.env["OSM_LOG_LEVEL"] === "debug" ? "debug" : "error");
}
