import { sleep } from "@osm/runtime";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { podsOf } from "./pods.ts";

export interface Watched {
  readonly cluster: OpenedCluster;
  readonly namespace: string;
  readonly mesh: string;
  readonly say: (line: string) => void;
  /** Each pod by itself, with what it waits for; else how many are ready. */
  readonly verbose: boolean;
}

const everyMs = 2000;

/** Says how the pods of a control plane get on while something runs. What cannot be read is not said. */
export async function withProgress<T>(watched: Watched, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const telling = tell(watched, AbortSignal.any([stop.signal, watched.cluster.signal]));
  try {
    return await work;
  } finally {
    stop.abort(new DOMException("it is over", "AbortError"));
    await telling;
  }
}

async function tell({ cluster, namespace, mesh, say, verbose }: Watched, signal: AbortSignal): Promise<void> {
  const told = new Map<string, string>();
  while (!signal.aborted) {
    const pods = await podsOf({ ...cluster, signal }, namespace, mesh).catch(() => []);
    const ready = pods.filter((pod) => pod.ready).length;
    const lines = verbose ? pods.map((pod) => [pod.name, `  ${pod.name}: ${pod.ready ? "ready" : pod.why}`] as const) : pods.length > 0 ? [["", `waiting: ${ready} of ${pods.length} pods are ready`] as const] : [];
    for (const [key, line] of lines) if (told.get(key) !== line) say(line);
    for (const [key, line] of lines) told.set(key, line);
    await sleep(everyMs, signal);
  }
}

/** What keeps pods of a control plane from being ready, a line each. */
export async function heldUp({ cluster, namespace, mesh }: Pick<Watched, "cluster" | "namespace" | "mesh">): Promise<readonly string[]> {
  const pods = await podsOf(cluster, namespace, mesh).catch(() => []);
  return pods.filter(({ ready }) => !ready).map(({ name, why }) => `  ${name}: ${why}`);
}
