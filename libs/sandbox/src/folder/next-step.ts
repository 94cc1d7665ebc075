import type { Workload } from "./workload.ts";

/** What counts of a pod that runs for a Deployment. */
export interface Member {
  readonly revision: string;
}

export type Step<M extends Member> =
  | { readonly kind: "start"; readonly workload: Workload }
  | { readonly kind: "stop"; readonly members: readonly M[] }
  | { readonly kind: "rest" };

export interface Standing<M extends Member> {
  /** Absent: the Deployment is gone. */
  readonly wanted: Workload | undefined;
  /** Those that are ready, oldest first. */
  readonly members: readonly M[];
  /** Of the newest template, a pod of which did not start. */
  readonly failedRevision: string | undefined;
}

/**
 * What to do next for a Deployment: pods of the newest template come first, one by one, each awaited; only when all of them
 * are ready do those of older templates go, and then the newest surplus ones. A template that fails keeps the old pods.
 */
export function nextStep<M extends Member>({ wanted, members, failedRevision }: Standing<M>): Step<M> {
  if (!wanted) return members.length > 0 ? { kind: "stop", members } : { kind: "rest" };
  const current = members.filter(({ revision }) => revision === wanted.revision);
  if (current.length < wanted.replicas) return failedRevision === wanted.revision ? { kind: "rest" } : { kind: "start", workload: wanted };
  const kept = new Set(current.slice(0, wanted.replicas));
  const surplus = members.filter((member) => !kept.has(member));
  return surplus.length > 0 ? { kind: "stop", members: surplus } : { kind: "rest" };
}
