import { isAbort, runTasks, sleep, type Log } from "@osm/runtime";
import type { KubeApi } from "./kube-api.ts";
import { KubeError } from "./kube-error.ts";
import { metaOf, partOf } from "./watched-object.ts";

export interface LeaseOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Who we are; no two replicas share it. */
  readonly holder: string;
  /** Others take over when nothing was heard of a holder for so long; the holder itself stops before. */
  readonly durationMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Standing {
  readonly holder: string;
  readonly resourceVersion: string;
  readonly transitions: number;
  readonly durationMs: number;
}

/** The form of a lease that was last seen, and since when: by our own clock, for others' may go wrong. */
interface Watched {
  readonly resourceVersion: string;
  readonly since: number;
}

/**
 * Does the work while we hold the lease, again and again until the signal aborts. The work's signal aborts when the lease may be
 * lost, well before another may have it, and the lease is asked for again only when the work has ended.
 */
export async function whileHeld(options: LeaseOptions, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { signal, durationMs, name, holder, log } = options;
  const lease = createLease(options);
  while (!signal.aborted) {
    if (await lease.take()) {
      log.info({ lease: name, holder }, "lease taken");
      await heldWork(options, lease, work);
      log.info({ lease: name, holder }, "lease given up");
    }
    await sleep(durationMs / 5, signal);
  }
}

async function heldWork({ signal, durationMs }: LeaseOptions, lease: Lease, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const lost = new AbortController();
  const until = AbortSignal.any([signal, lost.signal]);
  const renew = async (ended: AbortSignal) => {
    let renewed = performance.now();
    while (!ended.aborted) {
      await sleep(durationMs / 5, ended);
      if (ended.aborted) return;
      const asked = performance.now();
      if (await lease.take()) renewed = asked;
      else if (lease.isOthers() || performance.now() - renewed > durationMs / 2) return lost.abort(new DOMException("the lease is lost", "AbortError"));
    }
  };
  const doWork = async (ended: AbortSignal) => {
    try {
      await work(ended);
    } finally {
      lost.abort(new DOMException("the work has ended", "AbortError"));
    }
  };
  await runTasks(until, renew, doWork);
  await lease.release();
}

interface Lease {
  /** True when the lease is ours for its duration from now on. */
  take(): Promise<boolean>;
  /** Whether another one had it when it was last looked at. */
  isOthers(): boolean;
  /** Lets others have it at once. Best effort: else they wait for its end. */
  release(): Promise<void>;
}

function createLease({ api, namespace, name, holder, durationMs, log, signal }: LeaseOptions): Lease {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  let watched: Watched = { resourceVersion: "", since: 0 };
  let others = false;

  const read = async (): Promise<Standing | undefined> => {
    try {
      return standingOf(await api.json({ path: `${path}/${name}`, signal, silenceMs: durationMs / 3 }));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  };
  const isFree = ({ holder: theirs, resourceVersion, durationMs: lasts }: Standing): boolean => {
    if (watched.resourceVersion !== resourceVersion) watched = { resourceVersion, since: performance.now() };
    return theirs === "" || theirs === holder || performance.now() - watched.since > lasts;
  };
  const write = async (standing: Standing | undefined, owner: string, until: AbortSignal): Promise<void> => {
    const time = new Date().toISOString().replace("Z", "000Z");
    const changes = standing?.holder === owner || owner === "" ? 0 : 1;
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { namespace, name, ...(standing && { resourceVersion: standing.resourceVersion }) },
      spec: { holderIdentity: owner, leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1000)), renewTime: time, leaseTransitions: (standing?.transitions ?? -1) + changes },
    };
    const place = standing ? { method: "PUT", path: `${path}/${name}` } as const : { method: "POST", path } as const;
    await api.json({ ...place, body, signal: until, silenceMs: durationMs / 3 });
  };
  const attempt = async (): Promise<boolean> => {
    const standing = await read();
    others = standing !== undefined && !isFree(standing);
    if (others) return false;
    await write(standing, holder, signal);
    return true;
  };
  return {
    isOthers: () => others,
    take: async () => {
      try {
        return await attempt();
      } catch (error) {
        if (isAbort(signal, error) || signal.aborted) return false;
        if (!(error instanceof KubeError)) throw error;
        // 409: another one was faster.
        if (error.status !== 409) log.warn({ lease: name, status: error.status, err: error.message }, "lease not taken");
        return false;
      }
    },
    release: async () => {
      const soon = AbortSignal.timeout(durationMs / 5);
      try {
        const standing = standingOf(await api.json({ path: `${path}/${name}`, signal: soon }));
        if (standing.holder === holder) await write(standing, "", soon);
      } catch (error) {
        if (!(error instanceof KubeError) && !soon.aborted) throw error;
      }
    },
  };
}

function standingOf(lease: unknown): Standing {
  const spec = partOf(lease, "spec");
  const { holderIdentity, leaseTransitions, leaseDurationSeconds } = spec;
  return {
    holder: typeof holderIdentity === "string" ? holderIdentity : "",
    resourceVersion: metaOf(lease).resourceVersion,
    transitions: typeof leaseTransitions === "number" ? leaseTransitions : 0,
    durationMs: (typeof leaseDurationSeconds === "number" ? leaseDurationSeconds : 15) * 1000,
  };
}
