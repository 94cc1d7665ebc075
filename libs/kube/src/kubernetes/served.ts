import { isRecord, KubeError } from "./kube-error.ts";
import type { KubeApi } from "./kube-api.ts";

/** A kind that somebody wants to read or write, with the versions that they understand, the best first. */
export interface WantedKind {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
}

/** Where the server keeps the objects of a kind. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As it stands in a path: `traffictargets`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** How a server keeps a kind, in the best version that both know; undefined where it has none of them, as without its CRD. */
export async function findServed(api: KubeApi, wanted: WantedKind, signal: AbortSignal): Promise<ServedKind | undefined> {
  for (const version of wanted.versions) {
    const found = await resourceIn(api, { ...wanted, version }, signal);
    if (found) return found;
  }
  return undefined;
}

async function resourceIn(api: KubeApi, { group, version, kind }: Omit<ServedKind, "plural" | "namespaced">, signal: AbortSignal): Promise<ServedKind | undefined> {
  const list = await orNothing(api.json({ path: pathOfVersion(group, version), signal }));
  const resources = isRecord(list) && Array.isArray(list["resources"]) ? list["resources"].filter(isRecord) : [];
  // Below a kind's own resource stand its parts, such as `pods/status`, under the same kind.
  const own = resources.find((each) => each["kind"] === kind && typeof each["name"] === "string" && !each["name"].includes("/"));
  return own && { group, version, kind, plural: String(own["name"]), namespaced: own["namespaced"] === true };
}

async function orNothing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

export function pathOfVersion(group: string, version: string): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Where all objects of the kind are, in all namespaces. */
export function pathOfKind({ group, version, plural }: ServedKind): string {
  return `${pathOfVersion(group, version)}/${plural}`;
}

/** Where one object is. */
export function pathOfObject(served: ServedKind, { namespace, name }: { readonly namespace: string; readonly name: string }): string {
  const { group, version, plural, namespaced } = served;
  return `${pathOfVersion(group, version)}${namespaced ? `/namespaces/${namespace}` : ""}/${plural}/${name}`;
}
