import { z } from "zod";
import { findObject, listObjects } from "./objects.ts";
import type { OpenedCluster } from "./open-cluster.ts";

const texts = z.record(z.string(), z.string()).default({});
const port = z.object({ name: z.string().default(""), containerPort: z.number() });
const container = z.object({ name: z.string(), args: z.array(z.string()).default([]), ports: z.array(port).default([]) });
const schema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels: texts, annotations: texts }),
  spec: z.object({ hostNetwork: z.boolean().default(false), serviceAccountName: z.string().default("default"), containers: z.array(container), initContainers: z.array(container).default([]) }),
  status: z.object({ phase: z.string().default("Pending"), conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }).prefault({}),
});

/** As the injector names it. */
const metricsListener = "metrics_listener";

/** A pod, as far as commands ask. */
export interface PodObject {
  readonly name: string;
  readonly namespace: string;
  readonly account: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly hasSidecar: boolean;
  /** Its sidecar was made to answer Prometheus; whether it may be asked its annotations say. */
  readonly isScrapable: boolean;
  readonly ready: boolean;
  /** Ports of its containers, by name. */
  readonly ports: ReadonlyMap<string, number>;
}

export function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** Of one namespace, or of all where it is empty. */
export async function listPods(cluster: OpenedCluster, namespace: string): Promise<readonly PodObject[]> {
  const objects = await listObjects(cluster, namespace === "" ? "/api/v1/pods" : `/api/v1/namespaces/${namespace}/pods`);
  return objects.map(podOf);
}

export async function findPod(cluster: OpenedCluster, namespace: string, name: string): Promise<PodObject | undefined> {
  const object = await findObject(cluster, podPath(namespace, name));
  return object === undefined ? undefined : podOf(object);
}

function podOf(object: unknown): PodObject {
  const { metadata, spec, status } = schema.parse(object);
  const sidecars = [...spec.containers, ...spec.initContainers].filter(({ name }) => name === "envoy");
  return {
    ...metadata,
    account: spec.serviceAccountName,
    hostNetwork: spec.hostNetwork,
    hasSidecar: sidecars.length > 0,
    isScrapable: sidecars.some(({ args }) => args.some((arg) => arg.includes(metricsListener))),
    ports: new Map(spec.containers.flatMap(({ ports }) => ports.map((each) => [each.name, each.containerPort] as const))),
    ready: status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
  };
}
