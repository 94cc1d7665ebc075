import { readFile } from "node:fs/promises";
import { sidecarPorts } from "@osm/inject";
import { runToEnd } from "./commands.ts";
import { fetchLoopback } from "./dial.ts";
import { appUser, type Pod, type PodSpec, type StopOptions } from "./pod.ts";
import type { PodNamespaces, PodProcess } from "./pod-namespaces.ts";
import { renewTokens, writeToken } from "./sidecar.ts";
import { newParts, startParts, type Ground, type PodParts } from "./start-pod.ts";
import { drainParts, removeParts } from "./stop-pod.ts";

/** A pod, and what its sandbox keeps of it. */
export interface RunningPod {
  readonly pod: Pod;
  readonly parts: PodParts;
  /** Settles when the pod is gone. */
  readonly gone: Promise<void>;
}

/** Runs a pod until it is stopped. It is ready once its app listens on all its ports. @throws Error, and leaves nothing, when it does not start. */
export async function runPod(ground: Ground, spec: PodSpec, ip: string): Promise<RunningPod> {
  const parts = newParts(ground, spec, ip);
  try {
    await startParts(ground, parts);
  } catch (error) {
    await removeParts(ground, parts).catch((err: unknown) => ground.log.warn({ err, pod: spec.name }, "pod not removed"));
    throw error;
  }
  const { pod, gone } = podOf(ground, parts);
  pod.setReady(true);
  return { pod, parts, gone };
}

function podOf(ground: Ground, parts: PodParts): Pick<RunningPod, "pod" | "gone"> {
  const { spec, state, place } = parts;
  const gone = Promise.withResolvers<void>();
  const ended = new AbortController();
  const setReady = (ready: boolean) => {
    if (ended.signal.aborted) return;
    parts.state = { ...parts.state, ready };
    ground.cluster.setPod(parts.state);
  };
  const over = AbortSignal.any([ended.signal, ground.signal]);
  if (parts.sidecar) void renewTokens(parts.sidecar.recipe, parts.sidecar.pod, over);
  watchContainers(ground, parts, { over, failed: () => setReady(false) });

  const end = async ({ graceful, beforeKill }: StopOptions) => {
    if (graceful) await drainParts(ground, parts, beforeKill);
    ended.abort();
    await removeParts(ground, parts);
  };
  let stopping: Promise<void> | undefined;
  const stop = (options: StopOptions) => (stopping ??= end(options).finally(gone.resolve));

  const pod: Pod = {
    namespace: spec.namespace,
    name: spec.name,
    uid: state.uid,
    ip: state.ip,
    ...(state.ip6 === undefined ? {} : { ip6: state.ip6 }),
    ...commandsIn(parts),
    logs: (container) => readFile(place.logFile(container), "utf8"),
    setReady,
    renewToken: () => {
      if (parts.sidecar && !over.aborted) writeToken(parts.sidecar.recipe, parts.sidecar.pod);
    },
    stop,
    [Symbol.asyncDispose]: () => stop({ graceful: false }),
  };
  return { pod, gone: gone.promise };
}

function commandsIn(parts: PodParts): Pick<Pod, "exec" | "spawn" | "admin" | "fetch"> {
  const start: Pod["spawn"] = (argv, { env = {}, user = appUser } = {}) => {
    const process: PodProcess = { argv, env, user };
    return namespacesOf(parts).startPiped(process);
  };
  return {
    spawn: start,
    exec: (argv, options) => runToEnd(start(argv, options)),
    fetch: (request) => fetchLoopback(namespacesOf(parts), request),
    admin: (path, method = "GET") => fetchLoopback(namespacesOf(parts), { port: sidecarPorts.admin, method, path }),
  };
}

function namespacesOf({ namespaces, spec }: PodParts): PodNamespaces {
  if (!namespaces) throw new Error(`pod ${spec.namespace}/${spec.name} does not run`);
  return namespaces;
}

interface Watch {
  readonly over: AbortSignal;
  readonly failed: () => void;
}

/** A container that ends by itself takes its pod out of service; nobody restarts it. */
function watchContainers(ground: Ground, parts: PodParts, { over, failed }: Watch): void {
  const { namespace, name: pod } = parts.spec;
  for (const container of ["app", "envoy"] as const) {
    void parts[container]?.ended.then((code) => {
      if (over.aborted || parts.state.deletedAt !== "") return;
      ground.log.warn({ namespace, pod, container, code }, "container ended");
      failed();
    });
  }
}
