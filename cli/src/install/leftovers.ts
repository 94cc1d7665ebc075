import { z } from "zod";
import { listIfServed, mergeInto, removeObject } from "../cluster/objects.ts";
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

const named = z.object({ kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string().default("") }) });

/** Secrets and leases of a mesh, its trust in other namespaces, and webhooks: whatever carries its name and is of no release. */
export async function leftoversOf(cluster: OpenedCluster, { mesh, namespace }: Place, caBundle: string): Promise<readonly Leftover[]> {
  const ours = encodeURIComponent(`app.kubernetes.io/name=openservicemesh.io,app.kubernetes.io/instance=${mesh}`);
  const trust = encodeURIComponent(`openservicemesh.io/mesh=${mesh}`);
  const lists: readonly (readonly [string, string])[] = [
    [`/api/v1/namespaces/${namespace}/secrets?labelSelector=${ours}`, "secrets"],
    [`/api/v1/configmaps?labelSelector=${trust}`, "configmaps"],
    [`/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations?labelSelector=${ours}`, "mutatingwebhookconfigurations"],
    [`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations?labelSelector=${ours}`, "validatingwebhookconfigurations"],
  ];
  const found = await Promise.all(lists.map(async ([path, plural]) => (await listIfServed(cluster, path)).map((object) => leftover(object, plural))));
  const bundle = { kind: "Secret", name: caBundle, path: `/api/v1/namespaces/${namespace}/secrets/${caBundle}` };
  const lease = { kind: "Lease", name: `osm-watcher-${mesh}`, path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/osm-watcher-${mesh}` };
  return [...new Map([...found.flat(), bundle, lease].map((each) => [each.path, each])).values()];
}

const groups: Readonly<Record<string, string>> = { secrets: "/api/v1", configmaps: "/api/v1" };

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
