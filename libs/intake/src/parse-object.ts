import { objectRef, type Fact, type Staged } from "@osm/model";
import { z } from "zod";
import { kinds, type MeshContext } from "./kinds/index.ts";
import { objectName } from "./limits.ts";

const head = z.object({
  apiVersion: z.string().max(253),
  kind: z.string().max(63),
  metadata: z.object({ name: objectName, namespace: objectName.optional() }),
});

/** Group, version, kind and name of any Kubernetes object, or undefined for something that is none. */
export interface ObjectHead {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const clusterScoped = new Set(["Namespace", "Node", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"]);

export function headOf(object: unknown): ObjectHead | undefined {
  const parsed = head.safeParse(object);
  if (!parsed.success) return undefined;
  const { apiVersion, kind, metadata } = parsed.data;
  const slash = apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    namespace: clusterScoped.has(kind) ? "" : (metadata.namespace ?? "default"),
    name: metadata.name,
  };
}

/** Whether the mesh reads objects of this group and kind, whatever their version. */
export function isRead({ group, kind }: ObjectHead): boolean {
  return kinds.some((each) => each.group === group && each.kind === kind);
}

/**
 * One Kubernetes object as a fact. No fact: it is of a kind or name that the mesh does not read, or it could not be read
 * (then a finding says where). An unreadable policy grants nothing.
 */
export function parseObject(object: unknown, context: MeshContext): Staged<Fact | undefined> {
  const known = headOf(object);
  const reader = known && kinds.find((kind) => kind.group === known.group && kind.kind === known.kind);
  if (!known || !reader) return { value: undefined, findings: [] };

  const { namespace, name, version } = known;
  const ref = objectRef(known.kind, namespace, name);
  if (reader.versions.includes(version)) return reader.read(object, { namespace, name, ref, mesh: context });
  return { value: undefined, findings: [{ code: "OBJECT_UNSUPPORTED_VERSION", severity: "error", on: ref, field: "apiVersion", detail: version }] };
}
