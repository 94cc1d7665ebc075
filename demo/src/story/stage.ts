import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { realpathSync } from "node:fs";
import { parseObject, splitDocuments } from "@osm/intake";
import { withDefaults } from "@osm/kube";
import { meshName, type ServiceFact } from "@osm/model";
import { createLog, type Log } from "@osm/runtime";
import { createTokenIssuer, meshRecipe, openSandbox, type Pod, type PodSpec, type Sandbox, type SandboxService } from "@osm/sandbox";
import { tokenAudience } from "@osm/wire";
import { converge, type Converged } from "../convergence.ts";
import { startLocalMesh, xdsServerName, type LocalMesh } from "../local-mesh.ts";

/** Where the story plays: a mesh in this process, pods beside it, and the folder that a reader edits. */
export interface Stage extends AsyncDisposable {
  readonly mesh: LocalMesh;
  readonly sandbox: Sandbox;
  readonly dir: string;
  readonly certificateLifeSec: number;
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
/** The program behind this process, as pods can run it. */
export const nodeBin = realpathSync(process.execPath);

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
}

export async function openStage({ dir, envoyBin, signal, certificateLifeSec, manifests: given, drainSec }: Setting): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const [manifests, policies] = [join(dir, "manifests"), join(dir, "policies")];
  await mkdir(policies, { recursive: true });
  for (const folder of given) await cp(folder, join(manifests, basename(folder)), { recursive: true });

  const tokens = createTokenIssuer();
  const ended = new AbortController();
  const log = serviceLog();
  let started: LocalMesh | undefined;
  const running = () => {
    if (!started) throw new Error("the mesh has not started yet");
    return started;
  };
  const sidecar = meshRecipe({
    xds: ({ hostAddress }) => ({ host: hostAddress, port: running().xdsPort, serverName: xdsServerName }),
    roots: () => [running().controlPlaneRoot],
    tokens, audience: tokenAudience(mesh), tokenLifetimeSec: 3600, capture: {}, logLevel: "warning",
    ...(drainSec === undefined ? {} : { drainSec }),
  });
  const sandbox = opening.use(await openSandbox({ dir, signal, log: log("sandbox"), envoyBin, sidecar, share: [dirname(nodeBin), appsDir] }));
  opening.defer(() => ended.abort(new DOMException("the story has ended", "AbortError")));
  const signals = AbortSignal.any([signal, ended.signal]);
  const cluster = [manifests, policies, sandbox.clusterDir];
  started = await startLocalMesh({
    mesh, dir: join(dir, "control-plane"), cluster, host: sandbox.hostAddress, certificateLifeSec, log, signal: signals,
    tokens: { issuer: tokens.issuer, keys: tokens.jwks() },
  });
  const closing = opening.move();
  return {
    dir, certificateLifeSec, mesh: started, sandbox, manifests, policies, signal: signals, log, ...policyFolder(started, policies),
    startPod: (spec) => sandbox.startPod({ ...spec, sidecar: true }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function policyFolder({ bus }: LocalMesh, policies: string): Pick<Stage, "apply" | "withdraw" | "drop"> {
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
