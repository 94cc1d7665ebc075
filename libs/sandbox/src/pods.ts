import { checkSpec, type Pod, type PodSpec } from "./pod.ts";
import { runPod, type RunningPod } from "./run-pod.ts";
import { writeEtc, type Ground } from "./start-pod.ts";
import type { Addresses } from "./subnet.ts";

export interface Pods {
  start(spec: PodSpec): Promise<Pod>;
  running(): readonly RunningPod[];
  /** Kills all, those that are just starting too. To be called once the ground's signal has aborted. */
  stopAll(): Promise<void>;
}

/** The pods of one sandbox, one of each name at a time. */
export function createPods(ground: Ground, addresses: Addresses): Pods {
  const starting = new Map<string, Promise<RunningPod>>();
  const running = new Map<string, RunningPod>();

  const run = async (spec: PodSpec, key: string, ip: string): Promise<RunningPod> => {
    try {
      const pod = await runPod(ground, spec, ip);
      running.set(key, pod);
      return pod;
    } catch (error) {
      addresses.giveBack(ip);
      throw error;
    } finally {
      starting.delete(key);
    }
  };
  const forgetWhenGone = async (key: string, { pod, gone }: RunningPod) => {
    await gone;
    running.delete(key);
    addresses.giveBack(pod.ip);
  };
  return {
    start: async (spec) => {
      checkSpec(spec);
      ground.signal.throwIfAborted();
      const key = `${spec.namespace}/${spec.name}`;
      if (starting.has(key) || running.has(key)) throw new Error(`pod ${key} is there already`);
      const work = run(spec, key, addresses.take());
      starting.set(key, work);
      const started = await work;
      void forgetWhenGone(key, started);
      // Names may have come while it started.
      writeEtc(ground.cluster.names(), started.parts);
      return started.pod;
    },
    running: () => [...running.values()],
    stopAll: async () => {
      await Promise.allSettled(starting.values());
      await Promise.all([...running.values()].map(({ pod }) => pod.stop({ graceful: false })));
    },
  };
}
