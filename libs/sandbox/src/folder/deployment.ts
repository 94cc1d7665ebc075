import type { Pod } from "../pod.ts";
import { nextStep, type Member } from "./next-step.ts";
import type { Workload } from "./workload.ts";

/** How far a Deployment is. */
export interface DeploymentState {
  /** "namespace/name" */
  readonly ref: string;
  /** As many as the folder asks for; 0 once it is gone. */
  readonly replicas: number;
  /** Ready pods of its newest template, oldest first. */
  readonly pods: readonly Pod[];
  /** Ready pods of earlier templates. */
  readonly outdated: readonly Pod[];
  /** Pods on their way out. */
  readonly stopping: number;
  /** Why a pod of the newest template did not start. It is not tried again before the Deployment changes. */
  readonly failure: Error | undefined;
  /** All is as the folder asks, and nothing is under way. */
  readonly complete: boolean;
}

export interface Deployment {
  apply(wanted: Workload | undefined): void;
  state(): DeploymentState;
  /** Takes no more steps, and kills its pods. */
  close(): Promise<void>;
}

export interface DeploymentDeps {
  readonly ref: string;
  readonly start: (workload: Workload, podName: string) => Promise<Pod>;
  readonly stop: (pod: Pod) => Promise<void>;
  /** Called after each change of the state. */
  readonly changed: () => void;
}

interface PodMember extends Member {
  readonly pod: Pod;
}

interface Failure {
  readonly revision: string;
  readonly error: Error;
}

/** Brings the pods of one Deployment to what is wanted, one step at a time; the newest wish counts before each step. */
export function createDeployment({ ref, start, stop, changed }: DeploymentDeps): Deployment {
  let wanted: Workload | undefined;
  let members: readonly PodMember[] = [];
  let failure: Failure | undefined;
  let closed = false;
  let stepping: Promise<void> | undefined;
  const podName = podNames();
  const drains = createDrains(stop, changed);

  const startOne = async (workload: Workload) => {
    try {
      members = [...members, { pod: await start(workload, podName(workload)), revision: workload.revision }];
    } catch (error) {
      failure = { revision: workload.revision, error: error instanceof Error ? error : new Error(String(error)) };
    }
  };
  const run = async () => {
    while (!closed) {
      const step = nextStep({ wanted, members, failedRevision: failure?.revision });
      if (step.kind === "rest") break;
      if (step.kind === "start") await startOne(step.workload);
      else {
        members = members.filter((member) => !step.members.includes(member));
        drains.add(step.members.map(({ pod }) => pod));
      }
      changed();
    }
    stepping = undefined;
    changed();
  };
  return {
    apply: (next) => {
      if (next === wanted) return;
      wanted = next;
      failure = undefined;
      stepping ??= Promise.resolve().then(run);
    },
    state: () => stateOf({ ref, wanted, members, failure: failure?.error, stopping: drains.running().length, stepping: stepping !== undefined }),
    close: async () => {
      closed = true;
      await stepping;
      await Promise.allSettled([...drains.running(), ...members.map(({ pod }) => pod.stop({ graceful: false }))]);
    },
  };
}

/** Never the same name twice: a pod that drains still has its own. */
function podNames(): (workload: Workload) => string {
  let given = 0;
  return ({ name, revision }) => `${name.slice(0, 40)}-${revision}-${(given++).toString(36)}`;
}

interface Drains {
  add(pods: readonly Pod[]): void;
  running(): readonly Promise<void>[];
}

/** Pods drain beside the steps that follow: a new wish need not wait for old pods. */
function createDrains(stop: DeploymentDeps["stop"], changed: () => void): Drains {
  const running = new Set<Promise<void>>();
  const drain = (pod: Pod) => {
    const work: Promise<void> = stop(pod).finally(() => {
      running.delete(work);
      changed();
    });
    running.add(work);
  };
  return { add: (pods) => pods.forEach(drain), running: () => [...running] };
}

interface Moment extends Pick<DeploymentState, "ref" | "failure" | "stopping"> {
  readonly wanted: Workload | undefined;
  readonly members: readonly PodMember[];
  readonly stepping: boolean;
}

function stateOf({ ref, wanted, members, failure, stopping, stepping }: Moment): DeploymentState {
  const isCurrent = ({ revision }: PodMember) => revision === wanted?.revision;
  const pods = members.filter(isCurrent).map(({ pod }) => pod);
  const outdated = members.filter((member) => !isCurrent(member)).map(({ pod }) => pod);
  const replicas = wanted?.replicas ?? 0;
  const complete = !stepping && stopping === 0 && outdated.length === 0 && pods.length === replicas;
  return { ref, replicas, pods, outdated, stopping, failure, complete };
}
