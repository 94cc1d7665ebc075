import type { RealCluster } from "../../cluster/for-tests.ts";

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>>; readonly resourceVersion?: string; readonly generation?: number };
  readonly status?: unknown;
}

/** What a cluster writes by itself all the time, whoever uses it. */
const ofItself = /^(events(\.events\.k8s\.io)?|componentstatuses)$/;
const leasesOfItself: ReadonlySet<string> = new Set(["kube-system", "kube-node-lease"]);

/** All objects of all kinds that the cluster serves, whole but for their state, by `Kind NAMESPACE/NAME`. */
export async function everyObject({ kubectl }: Pick<RealCluster, "kubectl">): Promise<ReadonlyMap<string, string>> {
  const kinds = (await kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n").filter((kind) => !ofItself.test(kind));
  const { items }: { readonly items: readonly KubeObject[] } = JSON.parse(await kubectl("get", kinds.join(","), "-A", "--ignore-not-found", "-o", "json"));
  const kept = items.filter(({ kind, metadata }) => kind !== "Lease" || !leasesOfItself.has(metadata.namespace ?? ""));
  return new Map(kept.map((each) => [nameOf(each), wholeOf(each)]));
}

export interface Difference {
  readonly gone: readonly string[];
  readonly come: readonly string[];
  readonly changed: readonly string[];
}

export function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Difference {
  const changed = [...before].filter(([name, whole]) => after.has(name) && after.get(name) !== whole);
  return {
    gone: [...before.keys()].filter((name) => !after.has(name)),
    come: [...after.keys()].filter((name) => !before.has(name)).toSorted(),
    changed: changed.map(([name, whole]) => `${whole}\n-> ${after.get(name) ?? ""}`),
  };
}

function nameOf({ kind, metadata: { name, namespace } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Without its state, and without the server's notes of how often it was written, and when pods changed. */
function wholeOf({ status: _state, metadata, ...rest }: KubeObject): string {
  const { resourceVersion: _version, generation: _times, annotations = {}, ...named } = metadata;
  const { "endpoints.kubernetes.io/last-change-trigger-time": _changed, ...kept } = annotations;
  return JSON.stringify({ ...rest, metadata: { ...named, annotations: kept } });
}
