import type { Bus } from "@osm/bus";
import type { MeshContext } from "@osm/intake";
import { createOwnedObjects, whileHeld, type KubeApi } from "@osm/kube";
import { runTasks, type Log } from "@osm/runtime";
import { decodeJson, findingsPayload, subjectsOf, trustPayload, type FindingsPayload, type TrustPayload } from "@osm/wire";
import { findingEvents } from "./finding-events.ts";
import { createBell, keepWritten } from "./keep-written.ts";
import { keepStanding } from "./standing-values.ts";
import { trustMaps } from "./trust-maps.ts";

export interface WriteBackDeps {
  readonly api: KubeApi;
  readonly bus: Bus;
  readonly context: MeshContext;
  readonly replica: string;
  readonly xdsServerName: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  /** How long others wait for a replica that went without a word. */
  readonly leaseMs?: number;
}

/** All that the mesh writes to Kubernetes outside its own namespace. */
export interface WriteBack {
  /** The namespaces of the mesh are these now. */
  membersAre(members: readonly string[]): void;
  /** Writes, while no other replica does, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const usualLeaseMs = 15_000;

/** Of several replicas one writes: the one that holds the lease `osm-watcher-<mesh>` beside the control plane. */
export function createWriteBack({ api, bus, context, replica, xdsServerName, now, log, leaseMs = usualLeaseMs }: WriteBackDeps): WriteBack {
  const { mesh, osmNamespace } = context;
  const subjects = subjectsOf(mesh);
  const objects = createOwnedObjects(api, `osm-watcher-${mesh}`);
  const bell = createBell();
  let members: readonly string[] = [];
  let trust: TrustPayload | undefined;
  let standing: ReadonlyMap<string, FindingsPayload> = new Map();

  const wanted = () => [
    ...(trust ? trustMaps({ mesh, xdsServerName, members, trust }, objects) : []),
    ...findingEvents({ replica, standing, now }, objects),
  ];
  const followTrust = (signal: AbortSignal) =>
    keepStanding(bus.watch(subjects.trust, { signal }), (bytes) => decodeJson(trustPayload, bytes), (found) => {
      trust = [...found.values()][0];
      bell.ring();
    });
  const followFindings = (signal: AbortSignal) =>
    keepStanding(bus.watch(subjects.findings, { signal }), (bytes) => decodeJson(findingsPayload, bytes), (found) => {
      standing = found;
      bell.ring();
    });
  const lease = { api, namespace: osmNamespace, name: `osm-watcher-${mesh}`, holder: replica, durationMs: leaseMs, log };
  return {
    membersAre: (found) => {
      members = found;
      bell.ring();
    },
    run: (signal) =>
      runTasks(signal, followTrust, followFindings, (ended) =>
        whileHeld({ ...lease, signal: ended }, (held) => keepWritten({ wanted, bell, log, signal: held }))),
  };
}
