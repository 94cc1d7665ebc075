import { z } from "zod";
import { listObjects } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { servedKind } from "../cluster/served.ts";

const schema = z.object({ spec: z.object({ sources: z.array(z.object({ kind: z.string(), namespace: z.string().default("") })).default([]) }).prefault({}) });

/** What anybody wrote who may write an IngressBackend, and becomes part of paths here. */
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const backends = { group: "policy.openservicemesh.io", kind: "IngressBackend", versions: ["v1alpha1"] } as const;

/** Where the ingress controllers are that IngressBackends let in. */
export async function ingressNamespaces(cluster: OpenedCluster): Promise<readonly string[]> {
  const served = await servedKind(cluster, backends);
  const sources = served ? (await listObjects(cluster, served.path)).flatMap((object) => schema.parse(object).spec.sources) : [];
  return [...new Set(sources.filter(({ kind }) => kind === "Service").map(({ namespace }) => namespace))].filter((name) => namespaceName.test(name)).toSorted();
}
