import { factOf, type PodFact } from "@osm/model";
import type { Mesh } from "../cluster/meshes.ts";
import { findPod } from "../cluster/pods.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import type { MeshTruth } from "../policy/mesh-truth.ts";
import type { PodName } from "../policy/pod-argument.ts";
import { failed, unknown, well, type Check } from "./check.ts";

export interface Scene {
  readonly cluster: OpenedCluster;
  readonly mesh: Mesh;
  readonly truth: MeshTruth;
}

/** Whether a pod is one of the mesh's, and takes calls. `pod` is there where it is. */
export async function podChecks({ cluster, mesh, truth }: Scene, name: PodName): Promise<{ readonly checks: readonly Check[]; readonly pod: PodFact | undefined }> {
  const label = `${name.namespace}/${name.name}`;
  const exists = `pod [${label}] is there`;
  const found = await findPod(cluster, name.namespace, name.name);
  const pod = factOf(truth.state, "Pod", name);
  if (!found && pod) return { checks: [unknown(exists, "it went while the cluster was read: ask again")], pod: undefined };
  if (!found) return { checks: [failed(exists, "there is none", `kubectl get pods -n ${name.namespace} lists those that there are`)], pod: undefined };
  const member = truth.state.facts.Namespace.get("")?.has(name.namespace) === true;
  const checks = [
    well(exists),
    judged(member, `namespace [${name.namespace}] is monitored by mesh [${mesh.name}]`, { reason: "it is not in the mesh", suggestion: `osm namespace add ${name.namespace} --mesh-name ${mesh.name}, then create its pods anew` }),
    judged(found.hasSidecar, `pod [${label}] has an Envoy sidecar`, { reason: "no container is called envoy", suggestion: `create the pod anew once injection is on in ${name.namespace}: osm namespace list` }),
    judged(found.ready, `pod [${label}] is ready`, { reason: "its condition Ready is not True", suggestion: `kubectl describe pod ${name.name} -n ${name.namespace} says what it waits for` }),
  ];
  const meshed = pod?.meshed === true ? pod : undefined;
  // It is new, or was made anew: nothing was compiled for it, so nothing is known of it.
  const unread = member && found.hasSidecar && !meshed ? [unknown(`pod [${label}] is among what was compiled`, "it came while the cluster was read, or has ended: ask again")] : [];
  return { checks: [...checks, ...unread], pod: meshed };
}

export function judged(holds: boolean, context: string, { reason, suggestion }: { readonly reason: string; readonly suggestion: string }): Check {
  return holds ? well(context) : failed(context, reason, suggestion);
}
