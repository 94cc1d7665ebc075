import { keys, type NamespaceObject } from "./namespace-object.ts";
import type { Verdict } from "./change-namespace.ts";

export interface Adding {
  readonly mesh: string;
  /** Undefined where the user said nothing of it: then it is on. */
  readonly inject: boolean;
  /** Meshes whose control plane is in the namespace. */
  readonly controlPlanes: readonly string[];
}

type Found = NamespaceObject | undefined;

export function addedTo(name: string, found: Found, { mesh, inject, controlPlanes }: Adding): Verdict {
  if (!found) return missing(name);
  if (controlPlanes.length > 0) return { kind: "note", said: `Namespace [${name}] is left alone: the control plane of mesh [${controlPlanes.join(", ")}] is in it` };
  const { labels } = found;
  if (labels[keys.ignore] !== undefined) return { kind: "refused", why: `namespace ${name} is ignored: kubectl label namespace ${name} ${keys.ignore}- takes that back` };
  const owner = labels[keys.mesh];
  if (owner !== undefined && owner !== mesh) return { kind: "refused", why: `namespace ${name} is in mesh ${owner}, and can be in one only: osm namespace remove ${name} --mesh-name ${owner} first` };
  const wanted = inject ? "enabled" : "disabled";
  if (owner === mesh && found.annotations[keys.injection] === wanted) return { kind: "note", said: `Namespace [${name}] is already in mesh [${mesh}]` };
  return { kind: "change", labels: { [keys.mesh]: mesh }, annotations: { [keys.injection]: wanted }, said: `Namespace [${name}] successfully added to mesh [${mesh}]` };
}

export function removedFrom(name: string, found: Found, mesh: string): Verdict {
  if (!found) return missing(name);
  const { labels } = found;
  const owner = labels[keys.mesh] ?? (labels[keys.alias] === undefined ? undefined : mesh);
  if (owner === undefined) return { kind: "note", said: `Namespace [${name}] is in no mesh` };
  if (owner !== mesh) return { kind: "refused", why: `namespace ${name} is in mesh ${owner}, not in ${mesh}: name it with --mesh-name ${owner}` };
  return {
    kind: "change",
    labels: { [keys.mesh]: null, [keys.alias]: null },
    annotations: { [keys.injection]: null, [keys.metrics]: null },
    said: `Namespace [${name}] successfully removed from mesh [${mesh}]`,
  };
}

export function ignored(name: string, found: Found): Verdict {
  if (!found) return missing(name);
  if (found.labels[keys.ignore] === "true") return { kind: "note", said: `Namespace [${name}] is ignored already` };
  return { kind: "change", labels: { [keys.ignore]: "true" }, said: `Namespace [${name}] is ignored from now on: no mesh injects into it` };
}

function missing(name: string): Verdict {
  return { kind: "refused", why: `there is no namespace ${name}: kubectl create namespace ${name}, or correct the name` };
}
