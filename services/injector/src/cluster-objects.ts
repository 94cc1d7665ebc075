import type { NamespaceView } from "@osm/inject";
import { z } from "zod";

const texts = z.record(z.string(), z.string()).nullish().transform((found) => found ?? {});
const named = z.string().min(1).max(253);
const namespaceSchema = z.object({ apiVersion: z.literal("v1"), kind: z.literal("Namespace"), metadata: z.object({ name: named, labels: texts, annotations: texts }) });

/** The one MeshConfig of a mesh has this name, in the namespace of its control plane. */
export const configName = "osm-mesh-config";
const instanceLabel = "app.kubernetes.io/instance";
const configSchema = z.object({ kind: z.literal("MeshConfig"), metadata: z.object({ name: z.literal(configName), namespace: named, labels: texts }) });

export function namespaceOf(object: unknown): NamespaceView | undefined {
  const { data } = namespaceSchema.safeParse(object);
  return data && { name: data.metadata.name, labels: data.metadata.labels, annotations: data.metadata.annotations };
}

export interface MeshConfigHead {
  readonly namespace: string;
  /** Name of the mesh, as its labels or else its place say. */
  readonly mesh: string;
}

/** Undefined for what is not the MeshConfig of a mesh. */
export function meshConfigHead(object: unknown): MeshConfigHead | undefined {
  const { data } = configSchema.safeParse(object);
  if (!data) return undefined;
  const { namespace, labels } = data.metadata;
  return { namespace, mesh: labels[instanceLabel] ?? `in namespace ${namespace}` };
}
