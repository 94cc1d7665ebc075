import { findObject, removeObject } from "../cluster/objects.ts";
import { listPods } from "../cluster/pods.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import type { Ask } from "../frame/ask.ts";
import { counted } from "../frame/words.ts";
import { untilGone } from "../cluster/until-gone.ts";
import { namespacePath } from "../namespaces/namespace-object.ts";
import { Unmet, Unusable } from "../unusable.ts";
import { isThere, objectsOfDefinitions, removeDefinition, type Definition } from "./definitions.ts";
import type { Helm } from "./helm.ts";
import { freeNamespaces, leftoversOf, removeLeftover, type Place } from "./leftovers.ts";
import { isOurs, releasesIn } from "./releases.ts";

/** What is to go of a mesh. */
export interface Removal {
  /** Secrets, trust, membership of namespaces; and the definitions, where no other mesh needs them. */
  readonly wide: boolean;
  readonly namespace: boolean;
  readonly caBundle: string;
}

export interface Remover {
  readonly cluster: OpenedCluster;
  readonly helm: Helm;
  readonly ask: Ask;
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
}

const kept: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/** @throws Unusable for a namespace that Kubernetes needs */
export function checkRemovable({ namespace: isWanted }: Removal, namespace: string): void {
  if (isWanted && kept.has(namespace)) throw new Unusable(`namespace ${namespace} is Kubernetes' own and stays: leave out --delete-namespace`);
}

/** @returns false where the user says no, or there is none. @throws Unmet for one that is not of our chart */
export async function removeRelease({ helm, ask, say }: Remover, { mesh, namespace }: Place): Promise<boolean> {
  const found = (await releasesIn(helm, namespace)).find(({ name }) => name === mesh);
  if (!found) return false;
  if (!isOurs(found)) throw new Unmet(`release ${mesh} in namespace ${namespace} is of chart ${found.chart} (${found.app_version || "no version"}), not of this mesh: uninstall it with what installed it, or helm uninstall ${mesh} -n ${namespace}`);
  if (!(await ask(`Uninstall OSM [mesh name: ${mesh}] in namespace [${namespace}]?`))) return false;
  await helm.run(["uninstall", mesh, "--namespace", namespace, "--wait", "--timeout", "300s"]);
  say(`OSM [mesh name: ${mesh}] in namespace [${namespace}] uninstalled`);
  return true;
}

/** What a release leaves: of the mesh, and of its namespaces. */
export async function removeRest({ cluster, ask, say }: Remover, place: Place, removal: Removal): Promise<void> {
  if (!removal.wide) return;
  if (!(await ask(`Delete what is left of mesh [${place.mesh}]: its roots and credentials, what its bus kept, and the membership of its namespaces?`))) return;
  for (const leftover of await leftoversOf(cluster, place, removal.caBundle)) {
    if (await removeLeftover(cluster, leftover)) say(`Deleted ${leftover.kind}: ${leftover.name}`);
    else say(`Ignoring ${leftover.kind}: ${leftover.name}, which is not there`);
  }
  for (const name of await freeNamespaces(cluster, place.mesh)) say(`Namespace [${name}] successfully removed from mesh [${place.mesh}]`);
}

/** The definitions, and all objects of their kinds with them. */
export async function removeDefinitions({ cluster, ask, say }: Remover, definitions: readonly Definition[]): Promise<void> {
  const count = await objectsOfDefinitions(cluster, definitions);
  if (!(await ask(`Delete the CustomResourceDefinitions of SMI and OSM, with ${counted(count, "object")} of their kinds?`))) return;
  for (const definition of definitions) {
    const { name } = definition.metadata;
    say((await removeDefinition(cluster, definition)) ? `Deleted CustomResourceDefinition: ${name}` : `Ignoring CustomResourceDefinition: ${name}, which is not there`);
  }
  await untilGone(cluster, async () => (await Promise.all(definitions.map((each) => isThere(cluster, each)))).includes(true));
}

export async function removeNamespace({ cluster, ask, say, warn }: Remover, namespace: string): Promise<void> {
  if (!(await ask(`Delete namespace [${namespace}] with all that is in it?`))) return;
  if (!(await removeObject(cluster, namespacePath(namespace)))) return say(`Ignoring namespace [${namespace}], which is not there`);
  const isGone = await untilGone(cluster, async () => (await findObject(cluster, namespacePath(namespace))) !== undefined);
  if (isGone) say(`Deleted namespace [${namespace}]`);
  else warn(`note: namespace [${namespace}] is still being deleted: kubectl get namespace ${namespace} -o yaml says what it waits for`);
}

/** Pods go on with the sidecars that they have, which nobody configures any more. */
export async function sidecarNote({ cluster, warn }: Pick<Remover, "cluster" | "warn">): Promise<void> {
  const meshed = (await listPods(cluster, "").catch(() => [])).filter(({ hasSidecar }) => hasSidecar);
  const namespaces = [...new Set(meshed.map(({ namespace }) => namespace))].toSorted();
  if (meshed.length > 0) warn(`note: ${counted(meshed.length, "pod")} in ${namespaces.join(", ")} still ${meshed.length === 1 ? "has" : "have"} a sidecar until created anew: kubectl rollout restart deployment -n NAMESPACE`);
}
