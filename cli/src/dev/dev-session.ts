import { basename, join, relative } from "node:path";
import type { Bus } from "@osm/bus";
import { openFolder } from "@osm/kube";
import { meshName, type MeshName } from "@osm/model";
import { runFolder, type DeploymentState, type FolderRun } from "@osm/sandbox";
import { subjectsOf } from "@osm/wire";
import { standingNow } from "./bus-now.ts";
import { callersSettled } from "./callers-settled.ts";
import { settled } from "./convergence.ts";
import { createManifestWatch, type Change, type ManifestWatch } from "./manifest-watch.ts";
import { startLocalMesh } from "./local-mesh.ts";
import { openManifests, writeMember, type OwnManifests } from "./own-manifests.ts";
import { podsDir, programsFor, type Program } from "./programs.ts";
import { remarksNow, type Remark } from "./remarks.ts";
import { openSandboxedMesh, type SandboxedMesh } from "./sandboxed-mesh.ts";
import { seenCluster } from "./seen-cluster.ts";
import { troubleLog, type Trouble } from "./trouble.ts";

export interface DevOptions {
  /** Files and folders of manifests. */
  readonly paths: readonly string[];
  readonly mesh: string;
  /** Namespaces to be members beside those that the manifests declare. */
  readonly namespaces: readonly string[];
  readonly programs: readonly Program[];
  /** For its own files; to be removed by the caller. */
  readonly dir: string;
  /** Where the user's programs are started, and may read. */
  readonly cwd: string;
  readonly envoyBin: string;
  readonly signal: AbortSignal;
  readonly hears: DevEars;
}

/** What a session tells while it runs. */
export interface DevEars {
  changed(change: Change): void;
  /** Findings or faults may be others. */
  remarked(): void;
  /** Something does not run, or no longer does. */
  troubled(trouble: Trouble): void;
}

/** The user's manifests on a mesh of this process, with pods. */
export interface DevSession extends AsyncDisposable {
  readonly mesh: SandboxedMesh["mesh"];
  readonly run: FolderRun;
  readonly manifests: ManifestWatch;
  /** Waits until pods run as the manifests say, or fail to, and every proxy has ACKed what follows. @returns how many proxies there are. */
  settle(signal: AbortSignal): Promise<number>;
  /** Waits for the proxies alone. @returns when the last of them had it, in ms since 1970, and how many there are. */
  settledAt(revision: number): Promise<{ readonly at: number; readonly proxies: number }>;
  remarks(): Promise<readonly Remark[]>;
  /** One value for each change of a finding, until the session ends. */
  findingsChange(): AsyncIterable<unknown>;
  /** Rejects when the mesh or the run of the folders fails. */
  readonly done: Promise<unknown>;
}

const certificateLifeSec = 86_400;

/** @throws Unusable for what is wrong in what the user asked; Error that says what is missing on this machine. */
export async function openDevSession(options: DevOptions): Promise<DevSession> {
  const { dir, signal, envoyBin, hears } = options;
  const mesh = meshName(options.mesh);
  await using opening = new AsyncDisposableStack();
  const own = opening.use(await openManifests(options.paths, join(dir, "files")));
  const [members, marks] = [join(dir, "namespaces"), join(dir, "marks")];
  for (const namespace of options.namespaces) await writeMember(members, { mesh, namespace });

  const folders = [...own.folders, members];
  const nameOf = (path: string) => (folders.some((folder) => isIn(path, folder)) ? nameFor(own, path, members) : undefined);
  const manifests = opening.use(createManifestWatch({ mesh, marks, nameOf, changed: hears.changed, faulty: hears.remarked }));
  const log = troubleLog(hears.troubled);
  const open = opening.use(
    await openSandboxedMesh({
      mesh, dir, envoyBin, certificateLifeSec, signal, log, share: [podsDir, ...(options.programs.length > 0 ? [options.cwd] : [])],
      start: (place) => startLocalMesh({ ...place, host: place.hosts[0], cluster: seenCluster(openFolder([...folders, place.running, marks]), manifests) }),
    }),
  );
  const { bus } = open.mesh;
  manifests.begin(bus);
  const run = opening.use(
    await runFolder({
      sandbox: open.sandbox, folders, images: programsFor(options.programs, options.cwd), mesh: { name: mesh, namespace: "osm-system" },
      settled: (pod) => callersSettled({ bus, mesh }, pod), log: log("folder"), signal: open.signal,
    }),
  );
  const closing = opening.move();
  return {
    mesh: open.mesh, run, manifests, ...waitsOf({ bus, mesh, run, manifests }),
    remarks: async () => {
      const all = await remarksNow(bus, mesh, { fileOf: async (ref) => manifests.fileOf(ref), signal: open.signal });
      return all.map((each) => ({ ...each, file: nameOf(each.file) ?? each.file }));
    },
    findingsChange: () => bus.watch(subjectsOf(mesh).findings, { signal: open.signal }),
    done: Promise.race([open.mesh.done, run.done]),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function isIn(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith("..");
}

/** What --namespace declares stands in no file of the user's. */
function nameFor(own: OwnManifests, path: string, members: string): string {
  return isIn(path, members) ? `--namespace ${basename(path, ".json")}` : own.nameOf(path);
}

interface Waiting {
  readonly bus: Bus;
  readonly mesh: MeshName;
  readonly run: FolderRun;
  readonly manifests: ManifestWatch;
}

function waitsOf({ bus, mesh, run, manifests }: Waiting): Pick<DevSession, "settle" | "settledAt"> {
  const subjects = subjectsOf(mesh);
  const settledAt = async (revision: number) => {
    const { settledAt: at, proxies } = await settled(bus, mesh, { revision, proxies: 0 });
    return { at, proxies };
  };
  return {
    settledAt,
    settle: async (signal) => {
      await run.until(atRest);
      await manifests.caughtUp(signal);
      const { newest: revision } = await standingNow(bus, subjects.facts, signal);
      await settledAt(revision);
      const { count: proxies } = await standingNow(bus, subjects.proxies, signal);
      return (await settled(bus, mesh, { revision, proxies })).proxies;
    },
  };
}

/** Each Deployment runs as the manifests say, or could not. */
function atRest(deployments: ReadonlyMap<string, DeploymentState>): boolean {
  return [...deployments.values()].every(({ complete, failure }) => complete || failure !== undefined);
}
