import { isRecord } from "./kube-error.ts";
import type { ServedKind } from "./served.ts";

/** What our own bookkeeping reads of an object. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  /** The last event of the list that a watch begins with. */
  readonly endsList: boolean;
}

export function metaOf(object: unknown): ObjectMeta {
  const metadata = partOf(object, "metadata");
  return {
    namespace: textOf(metadata["namespace"]),
    name: textOf(metadata["name"]),
    resourceVersion: textOf(metadata["resourceVersion"]),
    endsList: partOf(metadata, "annotations")["k8s.io/initial-events-end"] === "true",
  };
}

/**
 * The object without what nobody here reads and what is most of its size: who wrote which field, and in a pod what only a
 * kubelet needs. An item of a list does not say what it is, so that is written in.
 */
export function trimmed(object: unknown, { group, version, kind }: ServedKind): unknown {
  if (!isRecord(object)) return object;
  const { managedFields: _, ...metadata } = partOf(object, "metadata");
  return { ...object, apiVersion: group === "" ? version : `${group}/${version}`, kind, metadata };
}

export function partOf(object: unknown, key: string): Readonly<Record<string, unknown>> {
  const part = isRecord(object) ? object[key] : undefined;
  return isRecord(part) ? part : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
