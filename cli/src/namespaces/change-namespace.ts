import { KubeError } from "@osm/kube";
import { mergeInto } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { Unmet } from "../unusable.ts";
import { findNamespace, namespacePath, type NamespaceObject } from "./namespace-object.ts";

/** What becomes of a namespace, and what the user is told. */
export type Verdict =
  | { readonly kind: "change"; readonly labels?: Texts; readonly annotations?: Texts; readonly said: string }
  /** Nothing is to be done. */
  | { readonly kind: "note"; readonly said: string }
  | { readonly kind: "refused"; readonly why: string };

/** null takes a key away. */
type Texts = Readonly<Record<string, string | null>>;

const tries = 5;

/**
 * Judges a namespace as it stands and changes it as judged, unless somebody else changed it in between: then it is judged anew.
 * @throws KubeError, Unmet
 */
export async function changeNamespace(cluster: OpenedCluster, name: string, judge: (found: NamespaceObject | undefined) => Verdict): Promise<Verdict> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = await findNamespace(cluster, name);
    const verdict = judge(found);
    if (verdict.kind !== "change" || !found) return verdict;
    if (await isTaken(cluster, found, verdict)) return verdict;
  }
  throw new Unmet(`namespace ${name} changes all the time: something else writes to it`);
}

async function isTaken(cluster: OpenedCluster, { name, resourceVersion }: NamespaceObject, { labels = {}, annotations = {} }: Extract<Verdict, { readonly kind: "change" }>): Promise<boolean> {
  try {
    await mergeInto(cluster, namespacePath(name), { metadata: { resourceVersion, labels, annotations } });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 409) return false;
    throw error;
  }
}
