import { KubeError } from "@osm/kube";
import { kinds } from "@osm/intake";
import type { Mesh } from "../cluster/meshes.ts";
import { listIfServed } from "../cluster/objects.ts";
import { listPods } from "../cluster/pods.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { servedKind } from "../cluster/served.ts";
import { toldObjects } from "./told-objects.ts";
import type { TarFile } from "./tar.ts";

/** What a report is of, beside the meshes themselves. */
export interface ReportOf {
  readonly meshes: readonly Mesh[];
  readonly namespaces: readonly string[];
  /** Whose sidecars' logs are wanted, as `namespace/name`; those of all pods of the namespaces where it is undefined. */
  readonly pods: readonly string[] | undefined;
  /** Namespaces of ingress controllers; undefined where nothing of ingress is wanted. */
  readonly gates?: readonly string[];
}

const logLines = 2000;
const inNamespace = ["/api/v1/%/pods", "/api/v1/%/services", "/api/v1/%/events", "/apis/apps/v1/%/deployments", "/apis/apps/v1/%/statefulsets", "/apis/apps/v1/%/replicasets", "/apis/discovery.k8s.io/v1/%/endpointslices"];

/** Everything that a person who is to help would ask for. What may not be read is said in its place. No Secret is asked for. */
export async function collectReport(cluster: OpenedCluster, { meshes, namespaces, pods, gates }: ReportOf): Promise<readonly TarFile[]> {
  const files: TarFile[] = [await objectsFile(cluster, "cluster/namespaces.yaml", "/api/v1/namespaces"), await objectsFile(cluster, "cluster/nodes.yaml", "/api/v1/nodes")];
  for (const { kind, path } of await policyPaths(cluster)) files.push(await objectsFile(cluster, `policy/${kind}.yaml`, path));
  for (const { name, namespace } of meshes) files.push(...(await namespaceFiles(cluster, `mesh/${name}`, namespace)), ...(await logFiles(cluster, `mesh/${name}`, { namespace, isWanted: () => true, container: "" })));
  for (const namespace of namespaces) {
    const isWanted = (name: string) => pods === undefined || pods.includes(`${namespace}/${name}`);
    files.push(...(await namespaceFiles(cluster, `app/${namespace}`, namespace)), ...(await logFiles(cluster, `app/${namespace}`, { namespace, isWanted, container: "envoy" })));
  }
  if (gates) files.push(...(await ingressFiles(cluster, gates)));
  return files;
}

async function ingressFiles(cluster: OpenedCluster, gates: readonly string[]): Promise<readonly TarFile[]> {
  const routes = await Promise.all(["ingresses", "ingressclasses"].map((plural) => objectsFile(cluster, `ingress/${plural}.yaml`, `/apis/networking.k8s.io/v1/${plural}`)));
  const found = await Promise.all(gates.map(async (namespace) => [await namespaceFiles(cluster, `ingress/${namespace}`, namespace), await logFiles(cluster, `ingress/${namespace}`, { namespace, isWanted: () => true, container: "" })]));
  return [...routes, ...found.flat(2)];
}

async function policyPaths(cluster: OpenedCluster): Promise<readonly { readonly kind: string; readonly path: string }[]> {
  const ours = kinds.filter(({ group }) => /smi-spec\.io$|openservicemesh\.io$/.test(group));
  const found = await Promise.all(ours.map(async (kind) => ({ kind: kind.kind, served: await servedKind(cluster, kind) })));
  return found.flatMap(({ kind, served }) => (served ? [{ kind, path: served.path }] : []));
}

async function namespaceFiles(cluster: OpenedCluster, folder: string, namespace: string): Promise<readonly TarFile[]> {
  return await Promise.all(inNamespace.map((path) => objectsFile(cluster, `${folder}/${path.slice(path.lastIndexOf("/") + 1)}.yaml`, path.replace("%", `namespaces/${namespace}`))));
}

async function objectsFile(cluster: OpenedCluster, path: string, list: string): Promise<TarFile> {
  return { path, content: await orWhyNot(async () => toldObjects(await listIfServed(cluster, list))) };
}

interface Logs {
  readonly namespace: string;
  readonly isWanted: (pod: string) => boolean;
  /** Only of this one, where a pod has it; of its only one where it is empty. */
  readonly container: string;
}

async function logFiles(cluster: OpenedCluster, folder: string, { namespace, isWanted, container }: Logs): Promise<readonly TarFile[]> {
  const pods = await listPods(cluster, namespace).catch(() => []);
  const logged = pods.filter(({ name, hasSidecar }) => isWanted(name) && (container === "" || hasSidecar));
  return await Promise.all(logged.map(async ({ name }) => {
    const query = `tailLines=${logLines}${container === "" ? "" : `&container=${container}`}`;
    return { path: `${folder}/logs/${name}.log`, content: await orWhyNot(() => text(cluster, `/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`)) };
  }));
}

async function text({ api, signal }: OpenedCluster, path: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of api.lines({ path, signal })) lines.push(line);
  return lines.map((line) => `${line}\n`).join("");
}

async function orWhyNot(read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return `could not be read: ${error.message}\n`;
  }
}
