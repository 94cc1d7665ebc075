import { z } from "zod";
import { listObjects } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";

const waiting = z.object({ reason: z.string().default(""), message: z.string().default("") });
const containerStatus = z.object({ name: z.string(), ready: z.boolean().default(false), state: z.object({ waiting: waiting.optional(), terminated: waiting.optional() }).default({}) });
const condition = z.object({ type: z.string(), status: z.string(), reason: z.string().default(""), message: z.string().default("") });
const schema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({
    phase: z.string().default("Pending"),
    conditions: z.array(condition).default([]),
    containerStatuses: z.array(containerStatus).default([]),
    initContainerStatuses: z.array(containerStatus).default([]),
  }),
});
type PodObject = z.output<typeof schema>;

/** A pod of a control plane on its way. */
export interface PodProgress {
  readonly name: string;
  readonly ready: boolean;
  /** What it waits for, in Kubernetes' words. */
  readonly why: string;
}

export async function podsOf(cluster: OpenedCluster, namespace: string, mesh: string): Promise<readonly PodProgress[]> {
  const selector = encodeURIComponent(`app.kubernetes.io/instance=${mesh}`);
  const objects = await listObjects(cluster, `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
  return objects.map((object) => progressOf(schema.parse(object)));
}

function progressOf({ metadata: { name }, status }: PodObject): PodProgress {
  const ready = status.phase === "Succeeded" || status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
  return { name, ready, why: ready ? "" : whyNot(status) };
}

function whyNot({ phase, conditions, containerStatuses, initContainerStatuses }: PodObject["status"]): string {
  const held = [...initContainerStatuses, ...containerStatuses].map(({ state }) => state.waiting ?? state.terminated).find((each) => each !== undefined && each.reason !== "" && each.reason !== "Completed");
  const unmet = conditions.find(({ type, status }) => type === "PodScheduled" && status !== "True");
  const found = held ?? unmet;
  return found ? [found.reason, found.message.slice(0, 200)].filter((part) => part !== "").join(": ") : phase;
}
