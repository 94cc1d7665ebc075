import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { MeshName } from "@osm/model";
import type { Log } from "@osm/runtime";
import { createTokenIssuer, meshRecipe, openSandbox, type JsonWebKeySet, type Sandbox, type TokenIssuer } from "@osm/sandbox";
import { tokenAudience } from "@osm/wire";
import { xdsServerName } from "./names.ts";
import type { RunningMesh } from "./running-mesh.ts";

export interface SandboxedMeshOptions {
  readonly mesh: MeshName;
  /** For the files of both. */
  readonly dir: string;
  readonly envoyBin: string;
  /** Starts the mesh itself: what it watches is to have the manifests of what runs beside it. */
  readonly start: (place: MeshPlace) => Promise<RunningMesh>;
  readonly certificateLifeSec: number;
  /** For how long the connections of a listener that goes may live on; as injected when left out. */
  readonly drainSec?: number;
  /** Who signs the tokens that proxies show; an issuer of its own when left out. */
  readonly tokens?: TokenIssuer;
  /** Directories that apps must be able to read, beside the one of this process's Node. */
  readonly share: readonly string[];
  readonly log: (service: string) => Log;
  readonly signal: AbortSignal;
}

/** What a mesh is started with, beside pods. */
export interface MeshPlace extends Pick<SandboxedMeshOptions, "mesh" | "dir" | "certificateLifeSec" | "log" | "signal"> {
  /** Folder with the manifests of what runs. */
  readonly running: string;
  /** JSON Web Key Set and issuer of the tokens that proxies show. */
  readonly tokens: { readonly issuer: string; readonly keys: JsonWebKeySet };
  /** Addresses of this machine that pods reach. */
  readonly hosts: readonly [string, string];
}

/** A mesh, with a place for pods beside it. Disposing ends both, the pods first. */
export interface SandboxedMesh extends AsyncDisposable {
  readonly mesh: RunningMesh;
  readonly sandbox: Sandbox;
  /** Aborts when either ends. */
  readonly signal: AbortSignal;
}

/** The program behind this process, as pods can run it. */
export const nodeBin = realpathSync(process.execPath);

const tokenLifetimeSec = 3600;

/** @throws Error that says what is missing on this machine. */
export async function openSandboxedMesh(options: SandboxedMeshOptions): Promise<SandboxedMesh> {
  const { mesh, dir, log, signal } = options;
  await using opening = new AsyncDisposableStack();
  const tokens = options.tokens ?? createTokenIssuer();
  let started: RunningMesh | undefined;
  const running = () => {
    if (!started) throw new Error("the mesh has not started yet");
    return started;
  };
  const sidecar = meshRecipe({
    xds: () => ({ host: hostOf(running()), port: running().xdsPort, serverName: xdsServerName }),
    hosts: () => (started ? started.xdsAddresses.map((address) => `${address} ${xdsServerName}`) : []),
    roots: () => [running().controlPlaneRoot],
    tokens, audience: tokenAudience(mesh), tokenLifetimeSec, capture: {}, logLevel: "warning",
    ...(options.drainSec === undefined ? {} : { drainSec: options.drainSec }),
  });
  const ended = new AbortController();
  const signals = AbortSignal.any([signal, ended.signal]);
  // In reverse: the pods go first, then the mesh is told to end, and then waited for.
  opening.defer(() => started?.done.catch(() => undefined));
  opening.defer(() => ended.abort(new DOMException("the mesh has been closed", "AbortError")));
  const sandbox = opening.use(
    await openSandbox({ dir, signal, log: log("sandbox"), envoyBin: options.envoyBin, sidecar, share: [dirname(nodeBin), ...options.share] }),
  );
  started = await options.start({
    mesh, dir: join(dir, "control-plane"), running: sandbox.clusterDir, hosts: [sandbox.hostAddress, sandbox.otherHostAddress], log, signal: signals,
    certificateLifeSec: options.certificateLifeSec, tokens: { issuer: tokens.issuer, keys: tokens.jwks() },
  });
  const closing = opening.move();
  return { mesh: started, sandbox, signal: signals, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** Of several servers a sidecar asks for the name, which its pod's /etc/hosts has with all addresses. */
function hostOf({ xdsAddresses }: RunningMesh): string {
  const [only = "", ...more] = xdsAddresses;
  return more.length === 0 ? only : xdsServerName;
}
