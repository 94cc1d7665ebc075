export interface PodPort {
  readonly name: string;
  readonly containerPort: number;
}

export type Labels = Readonly<Record<string, string>>;

/** What the cluster knows of a pod that runs. */
export interface PodState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly serviceAccount: string;
  readonly labels: Labels;
  readonly ports: readonly PodPort[];
  readonly meshed: boolean;
  readonly ip: string;
  /** Absent where pods have none. */
  readonly ip6?: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly ready: boolean;
  /** Since when it is being deleted; empty while it is not. */
  readonly deletedAt: string;
}

/** The v1 Pod that an API server would show. */
export function podObject(pod: PodState): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: pod.namespace,
      name: pod.name,
      uid: pod.uid,
      labels: pod.labels,
      creationTimestamp: pod.startedAt,
      ...(pod.deletedAt === "" ? {} : { deletionTimestamp: pod.deletedAt }),
    },
    spec: { serviceAccountName: pod.serviceAccount, containers: containersOf(pod) },
    status: {
      phase: "Running",
      startTime: pod.startedAt,
      podIP: pod.ip,
      podIPs: [{ ip: pod.ip }, ...(pod.ip6 === undefined ? [] : [{ ip: pod.ip6 }])],
      conditions: [{ type: "Ready", status: pod.ready ? "True" : "False" }],
    },
  };
}

function containersOf({ ports, meshed }: PodState): readonly object[] {
  const app = { name: "app", image: "sandbox/app", ports: ports.map((port) => ({ ...port, protocol: "TCP" })) };
  return meshed ? [app, { name: "envoy", image: "sandbox/envoy" }] : [app];
}
