import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { claimSubnet, deadClaims, openStateDir } from "./claim.ts";
import { createClusterFolder } from "./cluster-folder.ts";
import type { SandboxService } from "./endpoint-slice.ts";
import type { SandboxLog } from "./log.ts";
import { openNetwork } from "./network.ts";
import type { Pod, PodSpec } from "./pod.ts";
import { createPods } from "./pods.ts";
import { missingForSandbox } from "./preconditions.ts";
import { openDirectory } from "./projected-volume.ts";
import { reapDead, startReaper, type Reaper } from "./reaper.ts";
import { writeTrust, type SidecarRecipe } from "./sidecar.ts";
import { writeEtc, type Ground } from "./start-pod.ts";
import { createAddresses, parseSubnet, subnetPool, type Subnet } from "./subnet.ts";

export interface SandboxOptions {
  /** Its files: `cluster/` (manifests of what runs), `pods/` (volumes) and `logs/`, of which only the logs stay. */
  readonly dir: string;
  /** Aborting closes the sandbox as disposing does. */
  readonly signal: AbortSignal;
  readonly log: SandboxLog;
  /** The Envoy of pods with a sidecar. */
  readonly envoyBin: string;
  /** Absent: pods cannot have a sidecar. */
  readonly sidecar?: SidecarRecipe;
  /** Directories that apps must be able to read, with their program and its code, even below a home that is closed to others. */
  readonly share?: readonly string[];
  /** A free network of the form 10.1.2.0/24; one is chosen when absent. */
  readonly cidr?: string;
  /** Pods have an address of IPv6 besides, captured by the rules of its family. */
  readonly ipv6?: boolean;
}

/** Pods on this machine, on a network of their own. Disposing, or the death of this process in whatever way, removes them. */
export interface Sandbox extends AsyncDisposable {
  /** Part of the name of everything it makes. */
  readonly id: string;
  /** Where its pods reach a server on this machine. */
  readonly hostAddress: string;
  /** Another address of this machine that they reach. */
  readonly otherHostAddress: string;
  /** The manifests of what runs. */
  readonly clusterDir: string;
  /** The process that tidies up when this one dies. */
  readonly reaperPid: number;
  /** Resolves when the pod is ready: its sidecar's admin server answers and its app listens. */
  startPod(spec: PodSpec): Promise<Pod>;
  /** The Services there are now: they get EndpointSlices, and lines in every pod's /etc/hosts, a headless one for each of its ready pods. */
  applyServices(services: readonly SandboxService[]): void;
  /** Writes every pod's trust volume anew from the recipe. */
  refreshTrust(): void;
}

/** @throws Error that says what is missing on this machine. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const missing = missingForSandbox();
  if (missing.length > 0) throw new Error(missing.join("\n"));
  options.signal.throwIfAborted();

  const id = randomBytes(4).toString("hex");
  const { dir, subnet, reaper } = claimPlace(options, id);
  const closing = new AbortController();
  try {
    await sweep(reaper, options.log);
    const network = await openNetwork(id, subnet, reaper.life);
    const cluster = createClusterFolder(join(dir, "cluster"), id);
    const { signal } = closing;
    const { envoyBin, sidecar: recipe, share = [], log, ipv6 = false } = options;
    const ground: Ground = { id, dir, envoyBin, recipe, share, network, ipv6, cluster, life: reaper.life, log, signal };
    return sandboxOf({ ground, subnet, reaper, closing, outer: options.signal });
  } catch (error) {
    await reaper.finish();
    throw error;
  }
}

/** Beside the names of network namespaces: sandboxes that share those share it, in whichever user's name. */
const stateDir = "/run/osm-sandbox";

function claimPlace(options: SandboxOptions, id: string): { readonly dir: string; readonly subnet: Subnet; readonly reaper: Reaper } {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  // Sidecars and apps pass through it to their own files.
  chmodSync(dir, statSync(dir).mode | 0o111);
  openDirectory(join(dir, "pods", id));
  openStateDir(stateDir);
  const { subnet, claim } = claimSubnet(stateDir, { id, dir }, options.cidr === undefined ? subnetPool : [parseSubnet(options.cidr)]);
  return { dir, subnet, reaper: startReaper(claim) };
}

/** Removes what sandboxes left whose processes, and reapers, were killed. */
async function sweep(reaper: Reaper, log: SandboxLog): Promise<void> {
  for (const claim of deadClaims(stateDir)) {
    await reapDead(claim, reaper.life);
    log.info({ sandbox: claim.id }, "leftover sandbox removed");
  }
}

interface Open {
  readonly ground: Ground;
  readonly subnet: Subnet;
  readonly reaper: Reaper;
  readonly closing: AbortController;
  readonly outer: AbortSignal;
}

function sandboxOf({ ground, subnet, reaper, closing, outer }: Open): Sandbox {
  const pods = createPods(ground, createAddresses(subnet));
  ground.cluster.watchNames((names) => {
    for (const { parts } of pods.running()) writeEtc(names, parts);
  });
  const dispose = once(async () => {
    outer.removeEventListener("abort", onAbort);
    closing.abort(new Error("the sandbox is closed"));
    // What it still has to say, should a pod not go, comes from the reaper, which tries again.
    await pods.stopAll().catch((err: unknown) => ground.log.warn({ err }, "pod not removed"));
    await reaper.finish();
  });
  const onAbort = () => void dispose().catch((err: unknown) => ground.log.warn({ err }, "sandbox not removed"));
  outer.addEventListener("abort", onAbort, { once: true });

  return {
    id: ground.id,
    hostAddress: ground.network.hostAddress,
    otherHostAddress: ground.network.otherHostAddress,
    clusterDir: join(ground.dir, "cluster"),
    reaperPid: reaper.pid,
    startPod: (spec) => pods.start(spec),
    applyServices: (services) => ground.cluster.setServices(services),
    refreshTrust: () => {
      for (const { parts } of pods.running()) if (parts.sidecar) writeTrust(parts.sidecar.recipe, parts.sidecar.pod);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}
