import { KubeError, type KubeApi } from "@osm/kube";
import { z } from "zod";
import type { Workload } from "./config.ts";

/** A workload of our own, as far as it tells which certificate its pods have read. */
export interface FoundWorkload {
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** The certificate that its pods were last started anew for; empty when they never were. */
  readonly startedFor: string;
  /** All its pods are there, ready, and as it says now. */
  readonly isWhole: boolean;
}

/** Workloads of one namespace. */
export interface WorkloadPlace {
  find(workload: Workload): Promise<FoundWorkload | undefined>;
  /** Has all pods of it made anew, in its own way of doing so. */
  startAnew(workload: Workload, certificate: string): Promise<void>;
}

const mark = "openservicemesh.io/serving-certificate";

const count = z.int().default(0);
const schema = z.object({
  metadata: z.object({ creationTimestamp: z.iso.datetime(), generation: count }),
  status: z.object({ observedGeneration: count, replicas: count, updatedReplicas: count, readyReplicas: count }).prefault({}),
  spec: z.object({ replicas: z.int().default(1), template: z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }).default({ annotations: {} }) }) }),
});

export function workloadsOf({ api, namespace, signal }: { readonly api: KubeApi; readonly namespace: string; readonly signal: AbortSignal }): WorkloadPlace {
  const pathOf = ({ kind, name }: Workload) => `/apis/apps/v1/namespaces/${namespace}/${kind}/${name}`;
  return {
    find: async (workload) => {
      const object = await api.json({ path: pathOf(workload), signal }).catch((error: unknown) => {
        if (error instanceof KubeError && error.status === 404) return undefined;
        throw error;
      });
      return object === undefined ? undefined : foundOf(object);
    },
    startAnew: async (workload, certificate) => {
      const body = { spec: { template: { metadata: { annotations: { [mark]: certificate } } } } };
      await api.json({ method: "PATCH", path: pathOf(workload), body, contentType: "application/merge-patch+json", signal });
    },
  };
}

function foundOf(object: unknown): FoundWorkload {
  const { metadata, spec, status } = schema.parse(object);
  const isSeen = status.observedGeneration >= metadata.generation;
  return {
    createdAt: Date.parse(metadata.creationTimestamp) / 1000,
    startedFor: spec.template.metadata.annotations[mark] ?? "",
    isWhole: isSeen && [status.replicas, status.updatedReplicas, status.readyReplicas].every((number) => number === spec.replicas),
  };
}
