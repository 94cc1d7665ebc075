import { z } from "zod";
import { listIfServed } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";

const schema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ backends: z.array(z.object({ name: z.string(), port: z.object({ number: z.number() }) })).default([]) }),
});

/** Two IngressBackends that speak of one port of one service: which of them is believed nobody could say. */
export interface Conflict {
  readonly first: string;
  readonly second: string;
  /** `<service>:<port>`. */
  readonly backend: string;
}

export async function ingressConflicts(cluster: OpenedCluster, namespace: string): Promise<readonly Conflict[]> {
  const objects = await listIfServed(cluster, `/apis/policy.openservicemesh.io/v1alpha1/namespaces/${namespace}/ingressbackends`);
  return conflictsAmong(objects);
}

export function conflictsAmong(objects: readonly unknown[]): readonly Conflict[] {
  const claims = objects.flatMap((object) => {
    const { metadata, spec } = schema.parse(object);
    return [...new Set(spec.backends.map(({ name, port }) => `${name}:${port.number}`))].map((backend) => ({ name: metadata.name, backend }));
  });
  return claims.flatMap((first, at) => claims.slice(at + 1).filter(({ backend }) => backend === first.backend).map((second) => ({ first: first.name, second: second.name, backend: first.backend })));
}
