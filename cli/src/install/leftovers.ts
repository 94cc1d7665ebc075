import { z } from "zod";
import { findObject, listIfServed, mergeInto, removeObject } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { keys, listNamespaces, namespacePath } from "../namespaces/namespace-object.ts";

export interface Place {
  readonly mesh: string;
  readonly namespace: string;
}

/** An object that outlives a release. */
export interface Leftover {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
}

const named = z.object({ kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string().default(""), labels: z.record(z.string(), z.string()).default({}) }) });

const instance = "app.kubernetes.io/instance";

function labelled(mesh: string): string {
  return encodeURIComponent(`app.kubernetes.io/name=openservicemesh.io,${instance}=${mesh}`);
}

/** Namespaces where Secrets of a mesh are. */
export async function homesOf(cluster: OpenedCluster, mesh: string): Promise<readonly string[]> {
  const secrets = await listIfServed(cluster, `/api/v1/secrets?labelSelector=${labelled(mesh)}`);
  return [...new Set(secrets.map((object) => named.parse(object).metadata.namespace))];
}

/** Whether anything there carries the name of the mesh. */
export async function isLeft(cluster: OpenedCluster, place: Place): Promise<boolean> {
  return (await ownLeftovers(cluster, place)).length > 0 || (await listNamespaces(cluster)).some(({ labels }) => labels[keys.mesh] === place.mesh);
}

/** Secrets and leases of a mesh, what its bus keeps, its trust in other namespaces, and webhooks: whatever carries its name and is of no release. */
export async function leftoversOf(cluster: OpenedCluster, place: Place, caBundle: string): Promise<readonly Leftover[]> {
  const { mesh, namespace } = place;
  const bundle = { kind: "Secret", name: caBundle, path: `/api/v1/namespaces/${namespace}/secrets/${caBundle}` };
  const lease = { kind: "Lease", name: `osm-watcher-${mesh}`, path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/osm-watcher-${mesh}` };
  const bundles = (await isOfAnother(cluster, bundle, mesh)) ? [] : [bundle];
  return [...new Map([...(await ownLeftovers(cluster, place)), ...bundles, lease].map((each) => [each.path, each])).values()];
}

/** All meshes call the Secret with their root the same: the label says whose it is, unless somebody made it by hand. */
async function isOfAnother(cluster: OpenedCluster, { path }: Leftover, mesh: string): Promise<boolean> {
  const found = await findObject(cluster, path);
  const owner = found === undefined ? undefined : named.parse(found).metadata.labels[instance];
  return owner !== undefined && owner !== mesh;
}

async function ownLeftovers(cluster: OpenedCluster, { mesh, namespace }: Place): Promise<readonly Leftover[]> {
  const ours = labelled(mesh);
  const trust = encodeURIComponent(`openservicemesh.io/mesh=${mesh}`);
  // Kubernetes makes them with the labels by which a StatefulSet finds its pods.
  const kept = encodeURIComponent(`app=osm-nats,${instance}=${mesh}`);
  const lists: readonly (readonly [string, string])[] = [
    [`/api/v1/namespaces/${namespace}/secrets?labelSelector=${ours}`, "secrets"],
    [`/api/v1/namespaces/${namespace}/persistentvolumeclaims?labelSelector=${kept}`, "persistentvolumeclaims"],
    [`/api/v1/configmaps?labelSelector=${trust}`, "configmaps"],
    [`/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations?labelSelector=${ours}`, "mutatingwebhookconfigurations"],
    [`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations?labelSelector=${ours}`, "validatingwebhookconfigurations"],
  ];
  return (await Promise.all(lists.map(async ([path, plural]) => (await listIfServed(cluster, path)).map((object) => leftover(object, plural))))).flat();
}

const groups: Readonly<Record<string, string>> = { secrets: "/api/v1", configmaps: "/api/v1", persistentvolumeclaims: "/api/v1" };

function leftover(object: unknown, plural: string): Leftover {
  const { kind, metadata: { name, namespace } } = named.parse(object);
  const folder = `${groups[plural] ?? "/apis/admissionregistration.k8s.io/v1"}${namespace === "" ? "" : `/namespaces/${namespace}`}`;
  return { kind, name: namespace === "" ? name : `${namespace}/${name}`, path: `${folder}/${plural}/${name}` };
}

export async function removeLeftover(cluster: OpenedCluster, { path }: Leftover): Promise<boolean> {
  return await removeObject(cluster, path);
}

/** Takes all namespaces out of a mesh. @returns their names */
export async function freeNamespaces(cluster: OpenedCluster, mesh: string): Promise<readonly string[]> {
  const members = (await listNamespaces(cluster)).filter(({ labels }) => labels[keys.mesh] === mesh);
  for (const { name } of members) await mergeInto(cluster, namespacePath(name), { metadata: { labels: { [keys.mesh]: null }, annotations: { [keys.injection]: null, [keys.metrics]: null } } });
  return members.map(({ name }) => name);
}
