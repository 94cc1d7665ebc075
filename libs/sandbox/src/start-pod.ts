import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sidecarPorts, type IpFamily } from "@osm/inject";
import type { ClusterFolder } from "./cluster-folder.ts";
import type { Life, Running } from "./commands.ts";
import { hostsFile, type NamedAddress } from "./hosts-file.ts";
import type { SandboxLog } from "./log.ts";
import { netnsName, type Network } from "./network.ts";
import { appUser, type Container, type PodSpec } from "./pod.ts";
import { holdNamespaces, restoreRules, type PodNamespaces } from "./pod-namespaces.ts";
import type { PodState } from "./pod-object.ts";
import { openDirectory } from "./projected-volume.ts";
import { closedAbove } from "./reach.ts";
import { startEnvoy, volumesOf, writeVolumes, type SidecarPod, type SidecarRecipe } from "./sidecar.ts";
import { ipv6Beside } from "./subnet.ts";
import { untilListening } from "./until-listening.ts";
import { userIds } from "./user-ids.ts";
import { writeInPlace } from "./write-in-place.ts";

/** What the pods of one sandbox share. */
export interface Ground {
  readonly id: string;
  readonly dir: string;
  readonly envoyBin: string;
  readonly recipe: SidecarRecipe | undefined;
  readonly share: readonly string[];
  readonly network: Network;
  readonly ipv6: boolean;
  readonly cluster: ClusterFolder;
  readonly life: Life;
  readonly log: SandboxLog;
  /** Aborts when the sandbox closes. */
  readonly signal: AbortSignal;
}

/** Where a pod's files are. */
export interface PodPlace {
  readonly dir: string;
  readonly logFile: (container: Container) => string;
}

/** A pod of which some or all parts run. Parts are added as they come, so that a failed start can be undone. */
export interface PodParts {
  readonly spec: PodSpec;
  readonly place: PodPlace;
  readonly sidecar: { readonly pod: SidecarPod; readonly recipe: SidecarRecipe } | undefined;
  readonly netns: string;
  state: PodState;
  namespaces?: PodNamespaces;
  envoy?: Running;
  app?: Running;
}

/** A pod that has a place and an identity, and nothing else yet. */
export function newParts(ground: Ground, spec: PodSpec, ip: string): PodParts {
  const { namespace, name, serviceAccount, labels, ports } = spec;
  const place = placeOf(ground, spec);
  const uid = randomUUID();
  const startedAt = new Date().toISOString();
  const six = ground.ipv6 ? { ip6: ipv6Beside(ip) } : {};
  const state = { namespace, name, uid, serviceAccount, labels, ports, meshed: spec.sidecar, ip, ...six, startedAt, ready: false, deletedAt: "" };
  const netns = netnsName(ground.id, `${namespace}.${name}`);
  if (!spec.sidecar) return { spec, place, netns, state, sidecar: undefined };
  if (!ground.recipe) throw new Error(`pod ${namespace}/${name} wants a sidecar, and the sandbox was opened without a recipe for one`);
  const pod = { namespace, name, uid, serviceAccount, ip, ...six, hostAddress: ground.network.hostAddress, ...volumesOf(place.dir) };
  return { spec, place, netns, state, sidecar: { pod, recipe: ground.recipe } };
}

/** Starts all parts in the order a kubelet would. The pod is known to the cluster before its sidecar asks for anything. */
export async function startParts(ground: Ground, parts: PodParts): Promise<void> {
  writeEtc(ground.cluster.names(), parts);
  const { netns, state, place, sidecar } = parts;
  await ground.network.addPod(netns, state.ip, state.ip6);
  if (sidecar) {
    writeVolumes(sidecar.recipe, sidecar.pod);
    for (const family of familiesOf(state)) await restoreRules({ netns, family, rules: sidecar.recipe.rules(sidecar.pod, family) }, ground.life);
  }
  const closed = userIds() === "one" ? [] : closedAbove([place.dir, ...ground.share, ...(sidecar ? [dirname(ground.envoyBin)] : [])]);
  parts.namespaces = await holdNamespaces(netns, { dir: place.dir, closed }, ground.life);
  ground.signal.throwIfAborted();
  ground.cluster.setPod(state);
  if (sidecar) await startSidecar(ground, parts, parts.namespaces);
  await startApp(ground, parts, parts.namespaces);
}

function familiesOf({ ip6 }: PodState): readonly IpFamily[] {
  return ip6 === undefined ? ["ipv4"] : ["ipv4", "ipv6"];
}

/** Brings a pod's own /etc/hosts up to date; in place, since the pod has this very file mounted. */
export function writeEtc(names: readonly NamedAddress[], { spec, place, state, sidecar }: PodParts): void {
  openDirectory(place.dir);
  const own = `127.0.0.1 localhost\n${state.ip} ${spec.name}\n${state.ip6 === undefined ? "" : `::1 localhost\n${state.ip6} ${spec.name}\n`}`;
  const found = (sidecar?.recipe.hosts?.() ?? []).map((line) => `${line}\n`).join("");
  const files = { hosts: own + found + hostsFile(names, spec.namespace), "resolv.conf": resolvConf(spec.namespace) };
  for (const [file, text] of Object.entries(files)) {
    const path = join(place.dir, file);
    if (textOf(path) !== text) writeInPlace(path, text);
  }
}

/** Nobody answers DNS here: a name that /etc/hosts does not have is refused at once instead of timing out. */
function resolvConf(namespace: string): string {
  return `nameserver 127.0.0.1\nsearch ${namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions attempts:1 timeout:1\n`;
}

async function startSidecar(ground: Ground, parts: PodParts, namespaces: PodNamespaces): Promise<void> {
  if (!parts.sidecar) return;
  const logFile = emptyLog(parts.place, "envoy");
  parts.envoy = startEnvoy(namespaces, { ...parts.sidecar, envoyBin: ground.envoyBin, logFile });
  await listening(ground, parts, { container: "envoy", process: parts.envoy, ports: [sidecarPorts.admin] });
}

async function startApp(ground: Ground, parts: PodParts, namespaces: PodNamespaces): Promise<void> {
  const { argv, env, user = appUser } = parts.spec.command;
  parts.app = namespaces.startLogged({ argv, env, user }, emptyLog(parts.place, "app"));
  await listening(ground, parts, { container: "app", process: parts.app, ports: parts.spec.ports.map((port) => port.containerPort) });
}

interface Awaited {
  readonly container: Container;
  readonly process: Running;
  readonly ports: readonly number[];
}

async function listening(ground: Ground, { spec, place, namespaces }: PodParts, { container, process, ports }: Awaited): Promise<void> {
  if (!namespaces) return;
  const name = `${container} of ${spec.namespace}/${spec.name}`;
  const words = () => readFile(place.logFile(container), "utf8");
  await untilListening({ name, process, holder: namespaces.holder, ports, words }, ground.signal);
}

function placeOf({ dir, id }: Ground, { namespace, name }: PodSpec): PodPlace {
  return {
    dir: join(dir, "pods", id, `${namespace}.${name}`),
    logFile: (container) => join(dir, "logs", `${namespace}.${name}.${container}.log`),
  };
}

/** Logs outlive the pod, up to the next one of its name. */
function emptyLog(place: PodPlace, container: Container): string {
  const file = place.logFile(container);
  rmSync(file, { force: true });
  return file;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
