import type { Claimant } from "../cluster/meshes.ts";
import { keys, meshOfNamespace, type NamespaceObject } from "./namespace-object.ts";
import type { Verdict } from "./change-namespace.ts";

export interface Adding {
  readonly mesh: string;
  /** Undefined where the user said nothing of it: then it is on. */
  readonly inject: boolean;
  /** Meshes whose control plane is in the namespace. */
  readonly controlPlanes: readonly string[];
}

type Found = NamespaceObject | undefined;

/** The webhooks leave them out, as they do those with the label `control-plane`. */
const systemNamespaces: ReadonlySet<string> = new Set(["kube-system", "kube-public", "kube-node-lease"]);

export function addedTo(name: string, found: Found, { mesh, inject, controlPlanes }: Adding): Verdict {
  if (!found) return missing(name);
  if (controlPlanes.length > 0) return { kind: "note", said: `Namespace [${name}] is left alone: the control plane of mesh [${controlPlanes.join(", ")}] is in it` };
  const why = neverInjected(name, found.labels);
  if (why !== undefined) return { kind: "refused", why };
  const owner = found.labels[keys.mesh];
  if (owner !== undefined && owner !== mesh) return { kind: "refused", why: `namespace ${name} is in mesh ${owner}, and can be in one only: osm namespace remove ${name} --mesh-name ${owner} first` };
  const wanted = inject ? "enabled" : "disabled";
  if (owner === mesh && found.annotations[keys.injection] === wanted) return { kind: "note", said: `Namespace [${name}] is already in mesh [${mesh}]` };
  return { kind: "change", labels: { [keys.mesh]: mesh }, annotations: { [keys.injection]: wanted }, said: `Namespace [${name}] successfully added to mesh [${mesh}]` };
}

function neverInjected(name: string, labels: NamespaceObject["labels"]): string | undefined {
  if (systemNamespaces.has(name)) return `namespace ${name} is Kubernetes' own, and no mesh injects into it: its pods would have no sidecar`;
  if (labels["control-plane"] !== undefined) return `namespace ${name} has the label control-plane, and no mesh injects into such: kubectl label namespace ${name} control-plane- takes it off, where its pods may have sidecars`;
  if (labels[keys.ignore] !== undefined) return `namespace ${name} is ignored: kubectl label namespace ${name} ${keys.ignore}- takes that back`;
  return undefined;
}

export interface Removing {
  readonly mesh: string;
  /** Of all meshes in the cluster: the alias means one of them. */
  readonly meshes: readonly Claimant[];
}

export function removedFrom(name: string, found: Found, { mesh, meshes }: Removing): Verdict {
  if (!found) return missing(name);
  const owner = ownerOf(found, { mesh, meshes });
  if (owner === "") return { kind: "note", said: `Namespace [${name}] is in no mesh` };
  if (owner !== mesh) return { kind: "refused", why: `namespace ${name} is in mesh ${owner}, not in ${mesh}: name it with --mesh-name ${owner}` };
  return {
    kind: "change",
    labels: { [keys.mesh]: null, [keys.alias]: null },
    annotations: { [keys.injection]: null, [keys.metrics]: null },
    said: `Namespace [${name}] successfully removed from mesh [${mesh}]`,
  };
}

/** Also of one that is ignored for now. Where no mesh is left, anybody may take the alias off. */
function ownerOf(found: NamespaceObject, { mesh, meshes }: Removing): string {
  const { [keys.ignore]: _, ...labels } = found.labels;
  if (meshes.length === 0 && labels[keys.mesh] === undefined && labels[keys.alias] !== undefined) return mesh;
  return meshOfNamespace({ ...found, labels }, meshes);
}

export function ignored(name: string, found: Found): Verdict {
  if (!found) return missing(name);
  if (found.labels[keys.ignore] === "true") return { kind: "note", said: `Namespace [${name}] is ignored already` };
  return { kind: "change", labels: { [keys.ignore]: "true" }, said: `Namespace [${name}] is ignored from now on: no mesh injects into it` };
}

function missing(name: string): Verdict {
  return { kind: "refused", why: `there is no namespace ${name}: kubectl create namespace ${name}, or correct the name` };
}
