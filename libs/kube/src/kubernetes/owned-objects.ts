import { kinds, type ObjectHead } from "@osm/intake";
import type { KubeApi } from "./kube-api.ts";
import { KubeError } from "./kube-error.ts";
import { findServed, pathOfObject, pathOfVersion, type ServedKind } from "./served.ts";
import { partOf } from "./watched-object.ts";

/** An object of a core kind that is ours, as far as we say what is in it. */
export interface OwnedObject {
  readonly plural: "configmaps" | "events";
  readonly kind: "ConfigMap" | "Event";
  readonly namespace: string;
  readonly name: string;
  /** All but apiVersion, kind, name and namespace. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** A user's object, as an event points to it. */
export interface FoundObject {
  readonly apiVersion: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface OwnedObjects {
  /** Makes the object what we say, and leaves alone what others added (server-side apply). @throws KubeError */
  apply(object: OwnedObject, signal: AbortSignal): Promise<void>;
  /** A user's object as it is now; undefined when it is gone. @throws KubeError */
  find(head: Pick<ObjectHead, "kind" | "namespace" | "name">, signal: AbortSignal): Promise<FoundObject | undefined>;
}

/** Writes in the name of one field manager, which no other program uses. */
export function createOwnedObjects(api: KubeApi, manager: string): OwnedObjects {
  const served = new Map<string, ServedKind>();
  const servedOf = async (kind: string, signal: AbortSignal): Promise<ServedKind | undefined> => {
    const known = served.get(kind) ?? (await findKind(api, kind, signal));
    if (known) served.set(kind, known);
    return known;
  };
  return {
    apply: async ({ plural, kind, namespace, name, content }, signal) => {
      const { metadata = {}, ...rest } = content;
      const body = { apiVersion: "v1", kind, metadata: { ...partOf({ metadata }, "metadata"), namespace, name }, ...rest };
      const path = `${pathOfVersion("", "v1")}/namespaces/${namespace}/${plural}/${name}?fieldManager=${encodeURIComponent(manager)}&force=true`;
      await api.json({ method: "PATCH", path, body, contentType: "application/apply-patch+yaml", signal });
    },
    find: async (head, signal) => {
      const kind = await servedOf(head.kind, signal);
      if (!kind) return undefined;
      const object = await orUndefined(api.json({ path: pathOfObject(kind, head), signal }));
      const { uid, resourceVersion } = partOf(object, "metadata");
      if (typeof uid !== "string" || typeof resourceVersion !== "string") return undefined;
      return { apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`, uid, resourceVersion };
    },
  };
}

async function findKind(api: KubeApi, kind: string, signal: AbortSignal): Promise<ServedKind | undefined> {
  const read = kinds.find((each) => each.kind === kind);
  return read && (await findServed(api, { ...read, versions: read.versions.toSorted().toReversed() }, signal));
}

async function orUndefined(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}
