import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { proxyUid, type IpFamily } from "@osm/inject";
import type { Running } from "./commands.ts";
import type { PodNamespaces } from "./pod-namespaces.ts";
import { openDirectory, writeVolume, type VolumeFiles } from "./projected-volume.ts";
import type { TokenIssuer } from "./token-issuer.ts";

/** A pod as its sidecar's settings need it. The two paths stand for the mounts below /etc/osm. */
export interface SidecarPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly serviceAccount: string;
  readonly ip: string;
  readonly ip6?: string;
  /** Where it reaches a server on this machine. */
  readonly hostAddress: string;
  readonly trustDir: string;
  readonly tokenDir: string;
}

/** What makes a pod one of the mesh: the answers of the injector, and of the API server that a kubelet asks. */
export interface SidecarRecipe {
  /** A document for `iptables-restore --noflush`, or its sister of IPv6. */
  readonly rules: (pod: SidecarPod, family: IpFamily) => string;
  /** All of Envoy's arguments, its bootstrap among them. */
  readonly envoyArgs: (pod: SidecarPod) => readonly string[];
  /** Lines of the pod's /etc/hosts for what its sidecar must find: each an address and a name. */
  readonly hosts?: () => readonly string[];
  /** All files of the pod's trust directory: `ca.crt` and what points to it. */
  readonly trust: (pod: SidecarPod) => VolumeFiles;
  readonly tokens: TokenIssuer;
  readonly audience: string;
  readonly tokenLifetimeSec: number;
}

const everyone = { gid: 0, mode: 0o444 } as const;
const sidecarOnly = { gid: proxyUid, mode: 0o440 } as const;

/** Where a pod's volumes lie in its directory. */
export function volumesOf(podDir: string): Pick<SidecarPod, "trustDir" | "tokenDir"> {
  return { trustDir: join(podDir, "trust"), tokenDir: join(podDir, "token") };
}

export function writeTrust(recipe: SidecarRecipe, pod: SidecarPod): void {
  writeVolume(pod.trustDir, recipe.trust(pod), everyone);
}

/** A new token in the file `token`; a sidecar that watches its directory takes it up. */
export function writeToken(recipe: SidecarRecipe, pod: SidecarPod): void {
  const { namespace, serviceAccount } = pod;
  const { tokens, audience, tokenLifetimeSec: lifetimeSec } = recipe;
  const token = tokens.issue({ namespace, serviceAccount, pod, audience, lifetimeSec, now: Date.now() });
  writeVolume(pod.tokenDir, { token }, sidecarOnly);
}

export function writeVolumes(recipe: SidecarRecipe, pod: SidecarPod): void {
  openDirectory(join(pod.trustDir, ".."));
  writeTrust(recipe, pod);
  writeToken(recipe, pod);
}

/** Replaces the token at four fifths of its life, as a kubelet does, until the signal aborts. */
export async function renewTokens(recipe: SidecarRecipe, pod: SidecarPod, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await wait(recipe.tokenLifetimeSec * 800, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) writeToken(recipe, pod);
  }
}

export interface EnvoyStart {
  readonly recipe: SidecarRecipe;
  readonly pod: SidecarPod;
  readonly envoyBin: string;
  readonly logFile: string;
}

export function startEnvoy(namespaces: PodNamespaces, { recipe, pod, envoyBin, logFile }: EnvoyStart): Running {
  return namespaces.startLogged({ argv: [envoyBin, ...recipe.envoyArgs(pod)], env: {}, user: proxyUid, marks: true }, logFile);
}
