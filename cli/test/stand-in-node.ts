import { openKubeApi, type KubeApi } from "@osm/kube";
import { sleep } from "@osm/runtime";
import { z } from "zod";

const items = z.object({
  items: z.array(z.object({
    metadata: z.object({ name: z.string(), namespace: z.string(), generation: z.number().default(1), uid: z.string(), deletionTimestamp: z.string().optional() }),
    spec: z.looseObject({ replicas: z.number().default(1), containers: z.array(z.object({ name: z.string() })).default([]) }),
    status: z.looseObject({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }).default({}),
  })),
});
type Item = z.output<typeof items>["items"][number];

/**
 * Says of every pod, Job and StatefulSet of a cluster that has no nodes that it runs, as a kubelet and the controllers would;
 * pods in a namespace that is named stay as they are. Until it is disposed.
 */
export function standInNode(kubeconfig: string, { leaves = [] }: { readonly leaves?: readonly string[] } = {}): AsyncDisposable {
  const stop = new AbortController();
  const api = openKubeApi({ kubeconfig, context: "" });
  const running = run(api, leaves, stop.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DOMException("disposed", "AbortError"));
      await running;
    },
  };
}

async function run(api: KubeApi, leaves: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const done = { type: "Complete", status: "True" };
    await mark(api, "/api/v1/pods", { isDone: ({ status, metadata }) => leaves.includes(metadata.namespace) || has(status, "Ready"), status: podStatus, signal });
    await mark(api, "/apis/batch/v1/jobs", { isDone: ({ status }) => has(status, "Complete"), status: () => ({ succeeded: 1, startTime: now(), completionTime: now(), conditions: [{ type: "SuccessCriteriaMet", status: "True" }, done] }), signal });
    await mark(api, "/apis/apps/v1/statefulsets", { isDone: ({ status, metadata }) => status["observedGeneration"] === metadata.generation, status: setStatus, signal });
    await remove(api, signal);
    await sleep(100, signal);
  }
}

interface Marking {
  readonly isDone: (item: Item) => boolean;
  readonly status: (item: Item) => object;
  readonly signal: AbortSignal;
}

async function mark(api: KubeApi, path: string, { isDone, status, signal }: Marking): Promise<void> {
  for (const item of await list(api, path, signal)) {
    if (isDone(item)) continue;
    await api.json({ method: "PATCH", path: `${pathOf(path, item)}/status`, contentType: "application/merge-patch+json", body: { status: status(item) }, signal }).catch(() => undefined);
  }
}

/** Nobody else ends a pod that is to go. */
async function remove(api: KubeApi, signal: AbortSignal): Promise<void> {
  for (const pod of await list(api, "/api/v1/pods", signal)) {
    if (pod.metadata.deletionTimestamp !== undefined) await api.json({ method: "DELETE", path: pathOf("/api/v1/pods", pod), body: { gracePeriodSeconds: 0 }, signal }).catch(() => undefined);
  }
}

async function list(api: KubeApi, path: string, signal: AbortSignal): Promise<readonly Item[]> {
  const found = await api.json({ path, signal }).catch(() => ({ items: [] }));
  return items.parse(found).items;
}

function pathOf(path: string, { metadata: { name, namespace } }: Item): string {
  const plural = path.slice(path.lastIndexOf("/") + 1);
  return `${path.slice(0, -plural.length)}namespaces/${namespace}/${plural}/${name}`;
}

function podStatus({ spec: { containers } }: Item): object {
  const ready = containers.map(({ name }) => ({ name, ready: true, started: true, restartCount: 0, image: "x", imageID: "x", state: { running: { startedAt: now() } } }));
  return { phase: "Running", conditions: [{ type: "Ready", status: "True" }, { type: "ContainersReady", status: "True" }, { type: "PodScheduled", status: "True" }], containerStatuses: ready };
}

function setStatus({ metadata: { generation }, spec: { replicas } }: Item): object {
  return { observedGeneration: generation, replicas, readyReplicas: replicas, currentReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas, currentRevision: "one", updateRevision: "one" };
}

function has({ conditions }: Item["status"], type: string): boolean {
  return conditions?.some((each) => each.type === type && each.status === "True") ?? false;
}

function now(): string {
  return new Date().toISOString();
}
