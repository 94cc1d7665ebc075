import { aliasClaim } from "@osm/inject";
import { z } from "zod";
import type { Claimant } from "../cluster/meshes.ts";
import { findObject, listObjects } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";

const texts = z.record(z.string(), z.string()).default({});
const schema = z.object({ metadata: z.object({ name: z.string(), resourceVersion: z.string().default(""), labels: texts, annotations: texts }) });

/** A namespace, as far as the mesh is concerned. */
export type NamespaceObject = z.output<typeof schema>["metadata"];

/** Keys that make a namespace a member of a mesh, and what it wants of it. */
export const keys = {
  mesh: "openservicemesh.io/monitored-by",
  ignore: "openservicemesh.io/ignore",
  injection: "openservicemesh.io/sidecar-injection",
  metrics: "openservicemesh.io/metrics",
  /** The guides' alias of `mesh` and `injection` in one. */
  alias: "osm-injection",
} as const;

export function namespacePath(name: string): string {
  return `/api/v1/namespaces/${name}`;
}

export async function findNamespace(cluster: OpenedCluster, name: string): Promise<NamespaceObject | undefined> {
  const object = await findObject(cluster, namespacePath(name));
  return object === undefined ? undefined : schema.parse(object).metadata;
}

export async function listNamespaces(cluster: OpenedCluster): Promise<readonly NamespaceObject[]> {
  return (await listObjects(cluster, "/api/v1/namespaces")).map((object) => schema.parse(object).metadata);
}

/** The mesh that a namespace is of; empty where it is of none. `meshes` are all in the cluster. */
export function meshOfNamespace({ labels }: NamespaceObject, meshes: readonly Claimant[]): string {
  if (labels[keys.ignore] !== undefined) return "";
  const named = labels[keys.mesh];
  if (named !== undefined) return named;
  if (labels[keys.alias] !== "enabled") return "";
  const others = (own: Claimant) => meshes.filter((each) => each !== own).map(({ name }) => name);
  return meshes.find((each) => aliasClaim({ mesh: each.name, claimsAlias: each.claimsAlias, others: others(each) }) === "ours")?.name ?? "";
}

/** As it is shown: what the annotation says, else what the alias does. */
export function injectionOf({ labels, annotations }: NamespaceObject): "enabled" | "disabled" | "-" {
  const said = annotations[keys.injection]?.toLowerCase();
  if (said === undefined) return labels[keys.alias] === "enabled" ? "enabled" : "-";
  return ["enabled", "yes", "true"].includes(said) ? "enabled" : "disabled";
}
