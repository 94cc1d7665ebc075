import { openFolder } from "@osm/kube";
import type { SandboxLog } from "../log.ts";
import type { Pod } from "../pod.ts";
import type { Sandbox } from "../sandbox.ts";
import { createDeployment, type Deployment, type DeploymentState } from "./deployment.ts";
import { noObjects, withEvent, type FolderObjects } from "./folder-objects.ts";
import { podOfWorkload, type FolderMesh, type Images } from "./pod-of-workload.ts";

export interface RunFolderOptions {
  readonly sandbox: Sandbox;
  /** Folders of manifests, with the folders in them. What changes there takes effect. */
  readonly folders: readonly string[];
  readonly images: Images;
  /** Its namespaces' pods get a sidecar as the injector decides. Absent: none does. */
  readonly mesh?: FolderMesh;
  /** Awaited between a pod's endpoint going away and its processes being told to end: until no caller sends to it any more. */
  readonly settled?: (going: Pod) => Promise<void>;
  readonly log: SandboxLog;
  readonly signal: AbortSignal;
}

/** Deployments that run as folders have them. Disposing kills their pods. */
export interface FolderRun extends AsyncDisposable {
  /** By "namespace/name"; those that are gone stay, with no replicas. */
  deployments(): ReadonlyMap<string, DeploymentState>;
  /**
   * Resolves when the check holds; it is asked after every change. A file just written is not yet known here: the check
   * must ask for what it will bring.
   * @throws Error when it does not hold and a Deployment could not be started (each such failure is thrown once), or when
   * the run ends.
   */
  until(check: (deployments: ReadonlyMap<string, DeploymentState>) => boolean): Promise<void>;
  /** Settles when the run is over; rejects when the folders cannot be watched any more. */
  readonly done: Promise<void>;
}

/** What holds when everything known of the folders so far runs as they say. For `until`. */
export function allComplete(deployments: ReadonlyMap<string, DeploymentState>): boolean {
  return [...deployments.values()].every(({ complete }) => complete);
}

/**
 * The part of a kubelet and of the controllers that a story needs: runs the Deployments of the folders as pods, and makes
 * their Services known. Takes over `applyServices` of the sandbox. Resolves once what stands in the folders is known and
 * its pods are being started.
 */
export async function runFolder(options: RunFolderOptions): Promise<FolderRun> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const listed = Promise.withResolvers<void>();
  const thrown = new WeakSet<Error>();
  const run = createRun(options, signal);
  const end = () => ended.abort(new DOMException("the run of the folders has ended", "AbortError"));
  const done = follow(options, { signal, run, listed: listed.resolve }).finally(() => {
    end();
    run.wake();
  });
  done.catch(() => undefined);
  await Promise.race([listed.promise, done]);
  options.signal.throwIfAborted();
  return {
    deployments: run.states,
    until: (check) => untilHolds(run, check, { signal, thrown }),
    done,
    [Symbol.asyncDispose]: async () => {
      end();
      await done.catch(() => undefined);
      await Promise.all(run.all().map((deployment) => deployment.close()));
    },
  };
}

interface Run {
  readonly apply: (objects: FolderObjects) => void;
  readonly states: () => ReadonlyMap<string, DeploymentState>;
  readonly all: () => readonly Deployment[];
  /** Settles at the next change. */
  readonly nextChange: () => Promise<void>;
  readonly wake: () => void;
}

function createRun({ sandbox, images, mesh, settled, log }: RunFolderOptions, signal: AbortSignal): Run {
  const deployments = new Map<string, Deployment>();
  let known = noObjects;
  let change = Promise.withResolvers<void>();
  const wake = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const open = (ref: string): Deployment =>
    createDeployment({
      ref,
      start: async (workload, podName) => {
        const namespace = known.namespaces.get(workload.namespace);
        if (!namespace) throw new Error(`deployment ${ref}: its namespace is gone`);
        try {
          return await sandbox.startPod(podOfWorkload({ workload, podName, namespace, images, mesh }));
        } catch (err) {
          if (!signal.aborted) log.warn({ deployment: ref, err }, "pod not started");
          throw err;
        }
      },
      stop: (pod) =>
        pod
          .stop({ graceful: true, beforeKill: async () => settled?.(pod) })
          .catch((err: unknown) => log.warn({ deployment: ref, pod: pod.name, err }, "pod not stopped")),
      changed: wake,
    });
  return {
    apply: (objects) => {
      if (objects.services !== known.services) sandbox.applyServices([...objects.services.values()]);
      known = objects;
      for (const ref of objects.workloads.keys()) if (!deployments.has(ref)) deployments.set(ref, open(ref));
      for (const [ref, deployment] of deployments) deployment.apply(wantedOf(objects, ref));
      wake();
    },
    states: () => new Map([...deployments].map(([ref, deployment]) => [ref, deployment.state()])),
    all: () => [...deployments.values()],
    nextChange: () => change.promise,
    wake,
  };
}

/** As in a cluster, nothing runs in a namespace that is not there. */
function wantedOf({ workloads, namespaces }: FolderObjects, ref: string) {
  const workload = workloads.get(ref);
  return workload && namespaces.has(workload.namespace) ? workload : undefined;
}

interface Following {
  readonly signal: AbortSignal;
  readonly run: Run;
  readonly listed: () => void;
}

async function follow({ folders, log }: RunFolderOptions, { signal, run, listed }: Following): Promise<void> {
  await using cluster = openFolder(folders);
  let objects = noObjects;
  let complete = false;
  for await (const event of cluster.watch({ signal })) {
    const change = withEvent(objects, event);
    objects = change.objects;
    for (const remark of change.remarks) log.warn({ ...remark }, "manifest does not run");
    complete ||= event.kind === "listed";
    if (complete) run.apply(objects);
    if (event.kind === "listed") listed();
  }
}

interface Ends {
  readonly signal: AbortSignal;
  /** Failures that have been told: whoever mends one waits for what comes of that. */
  readonly thrown: WeakSet<Error>;
}

async function untilHolds(run: Run, check: Parameters<FolderRun["until"]>[0], { signal, thrown }: Ends): Promise<void> {
  for (;;) {
    const change = run.nextChange();
    const states = run.states();
    if (check(states)) return;
    for (const { failure } of states.values()) {
      if (!failure || thrown.has(failure)) continue;
      thrown.add(failure);
      throw failure;
    }
    signal.throwIfAborted();
    await change;
  }
}
