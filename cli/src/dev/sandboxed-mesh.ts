import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Cluster } from "@osm/kube";
import type { MeshName } from "@osm/model";
import type { Log } from "@osm/runtime";
import { createTokenIssuer, meshRecipe, openSandbox, type Sandbox } from "@osm/sandbox";
import { tokenAudience } from "@osm/wire";
import { startLocalMesh, xdsServerName, type LocalMesh } from "./local-mesh.ts";

export interface SandboxedMeshOptions {
  readonly mesh: MeshName;
  /** For the files of both. */
  readonly dir: string;
  readonly envoyBin: string;
  /** The cluster that the mesh watches, which is to have the manifests of what runs in it. @param running their folder */
  readonly cluster: (running: string) => Cluster;
  readonly certificateLifeSec: number;
  /** For how long the connections of a listener that goes may live on; as injected when left out. */
  readonly drainSec?: number;
  /** Directories that apps must be able to read, beside the one of this process's Node. */
  readonly share: readonly string[];
  readonly log: (service: string) => Log;
  readonly signal: AbortSignal;
}

/** A mesh in this process, with a place for pods beside it. Disposing ends both, the pods first. */
export interface SandboxedMesh extends AsyncDisposable {
  readonly mesh: LocalMesh;
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
  const tokens = createTokenIssuer();
  let started: LocalMesh | undefined;
  const running = () => {
    if (!started) throw new Error("the mesh has not started yet");
    return started;
  };
  const sidecar = meshRecipe({
    xds: ({ hostAddress }) => ({ host: hostAddress, port: running().xdsPort, serverName: xdsServerName }),
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
  started = await startLocalMesh({
    mesh, dir: join(dir, "control-plane"), cluster: options.cluster(sandbox.clusterDir), host: sandbox.hostAddress, log, signal: signals,
    certificateLifeSec: options.certificateLifeSec, tokens: { issuer: tokens.issuer, keys: tokens.jwks() },
  });
  const closing = opening.move();
  return { mesh: started, sandbox, signal: signals, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
