import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { processEnv } from "@osm/runtime";

/** Which cluster is meant, and where the credentials for it are. */
export interface ClusterPlace {
  /** A kubeconfig; empty: the pod's own account, what `KUBECONFIG` names, or `~/.kube/config`. */
  readonly kubeconfig: string;
  /** Empty: the kubeconfig's current one. */
  readonly context: string;
  /** `first`, unless said: before any kubeconfig, as services want it. `last`: only where there is none, as kubectl and Helm choose. */
  readonly podAccount?: "first" | "last";
}

const accountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Credentials as they are now: files are read anew, for tokens and authorities change. @throws Error that says what to give. */
export function readCredentials(place: ClusterPlace): KubeConfig {
  const { kubeconfig, context } = place;
  const config = takesPodAccount(place, { isPod: isPod(), hasKubeconfig: hasKubeconfig() }) ? ofPod() : ofFiles(kubeconfig);
  if (context !== "") config.setCurrentContext(context);
  if (config.getCurrentCluster()?.server !== undefined) return config;
  throw new Error(`no cluster: the kubeconfig has no context ${context || "that is current"}; name one as kubernetes:<file>?context=<name>`);
}

/** Whether the account of the pod counts, where we run in one. */
export function takesPodAccount({ kubeconfig, context, podAccount = "first" }: ClusterPlace, { isPod: inPod, hasKubeconfig: hasFile }: { readonly isPod: boolean; readonly hasKubeconfig: boolean }): boolean {
  return kubeconfig === "" && context === "" && inPod && (podAccount === "first" || !hasFile);
}

function hasKubeconfig(): boolean {
  return Boolean(processEnv()["KUBECONFIG"]) || existsSync(homeConfig());
}

function homeConfig(): string {
  return join(home(), ".kube", "config");
}

/** A user whom the machine has no entry for has no home. */
function home(): string {
  try {
    return homedir();
  } catch {
    return "/";
  }
}

function isPod(): boolean {
  return processEnv()["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(accountToken);
}

function ofPod(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

function ofFiles(named: string): KubeConfig {
  const config = new KubeConfig();
  const files = filesOf(named || processEnv()["KUBECONFIG"] || homeConfig());
  for (const [index, file] of files.entries()) add(config, file, index);
  return config;
}

function filesOf(paths: string): readonly string[] {
  const files = paths.split(":").filter((file) => file !== "" && existsSync(file));
  if (files.length === 0) throw new Error(`no cluster: there is no kubeconfig at ${paths}; run in a pod, set KUBECONFIG, or name a file as kubernetes:<file>`);
  return files;
}

function add(config: KubeConfig, file: string, index: number): void {
  const further = index === 0 ? config : new KubeConfig();
  try {
    further.loadFromFile(file);
  } catch {
    // The parser's own words quote the file, and tokens stand in it.
    throw new Error(`no cluster: ${file} is no kubeconfig that can be read`);
  }
  if (index > 0) config.mergeConfig(further, true);
}
