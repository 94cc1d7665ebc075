import { factOf, factsIn, isObjectName, refParts, type Finding, type PodFact } from "@osm/model";
import type { Mesh } from "../cluster/meshes.ts";
import { findPod } from "../cluster/pods.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { InvalidArgumentError } from "commander";
import { Unmet } from "../unusable.ts";
import type { MeshTruth } from "./mesh-truth.ts";

/** A pod as a user names it: `namespace/name`, or a name in `default`. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** @throws InvalidArgumentError */
export function podNameOf(value: string): PodName {
  const parts = value.split("/");
  const [namespace = "", name = ""] = parts.length === 1 ? ["default", value] : parts;
  if (parts.length > 2 || !isObjectName(namespace) || !isObjectName(name)) throw new InvalidArgumentError("A pod is NAMESPACE/NAME, or a NAME in the namespace default.");
  return { namespace, name };
}

/** A pod of the mesh. @throws Unmet that says what keeps it out, and the way in */
export async function meshedPod(cluster: OpenedCluster, { truth, mesh }: { readonly truth: MeshTruth; readonly mesh: Mesh }, name: PodName): Promise<PodFact> {
  const label = `${name.namespace}/${name.name}`;
  const fact = factOf(truth.state, "Pod", name);
  if (fact?.meshed === true) return fact;
  const found = await findPod(cluster, name.namespace, name.name);
  if (!found) throw new Unmet(`there is no pod ${label}: kubectl get pods -n ${name.namespace} lists those that there are`);
  if (!factsIn(truth.state, "Namespace", "").has(name.namespace)) throw new Unmet(`namespace ${name.namespace} is not in mesh ${mesh.name}, so nothing of the mesh decides about pod ${label}: osm namespace add ${name.namespace} --mesh-name ${mesh.name}, then create the pod anew`);
  throw new Unmet(found.hasSidecar ? `pod ${label} has ended` : `pod ${label} has no sidecar, so nothing of the mesh decides about it: create it anew once injection is on in ${name.namespace} (osm namespace list)`);
}

/** What is remarked on the policies of a namespace and on the mesh's settings. */
export function remarksFor({ findings }: MeshTruth, namespace: string): readonly Finding[] {
  const policies: ReadonlySet<string> = new Set(["TrafficTarget", "HTTPRouteGroup", "TCPRoute", "TrafficSplit", "Service", "MeshConfig"]);
  return findings.filter(({ on }) => {
    const ref = refParts(on);
    return policies.has(ref.kind) && (ref.namespace === namespace || ref.kind === "MeshConfig");
  });
}
