import type { Mesh } from "../cluster/meshes.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { podsOf } from "../install/pods.ts";
import { concluded, failed, type Check } from "./check.ts";
import { judged } from "./pod-checks.ts";

const services = ["watcher", "compiler", "ca", "xds", "injector"];

/** Whether every part of a control plane is there and ready. */
export async function verifyHealth(cluster: OpenedCluster, mesh: Mesh): Promise<Check> {
  const { name, namespace, deployments } = mesh;
  const pods = await podsOf(cluster, namespace, name);
  const parts = services.map((service) => {
    const context = `deployment [${namespace}/osm-${service}] is ready`;
    const found = deployments.find((each) => each.name === `osm-${service}`);
    if (!found) return failed(context, "there is none", `osm mesh upgrade --mesh-name ${name} makes it again`);
    return judged(found.ready >= found.wanted && found.ready > 0, context, { reason: `${found.ready} of ${found.wanted} pods are ready`, suggestion: `kubectl describe deployment osm-${service} -n ${namespace}` });
  });
  const held = pods.map((pod) => judged(pod.ready, `pod [${namespace}/${pod.name}] is ready`, { reason: pod.why, suggestion: `kubectl logs ${pod.name} -n ${namespace}` }));
  return concluded(`Verify the health of the control plane of mesh [${name}] in namespace [${namespace}]`, [...parts, ...held]);
}
