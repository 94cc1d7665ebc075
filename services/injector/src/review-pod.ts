import { admitPod, type Admission } from "@osm/inject";
import type { ReviewRequest, Verdict } from "./admission-review.ts";
import type { KnownNamespace, MeshLookup } from "./mesh-lookup.ts";

export interface Reviewed {
  readonly verdict: Verdict;
  /** Counted, and logged with the reason. */
  readonly result: "injected" | "skipped" | "refused" | "unknown-namespace" | "not-a-new-pod";
  readonly reason: string;
}

/**
 * Decides over one request. A namespace that is not known yet is denied for now: its pods are made again in a moment, whereas a
 * pod let through would stay outside the mesh for good.
 */
export function reviewPod(request: ReviewRequest, lookup: MeshLookup): Reviewed {
  if (!isNewPod(request)) return { verdict: { kind: "allowed" }, result: "not-a-new-pod", reason: "" };
  const known = lookup(request.namespace);
  if (known !== undefined) return reviewed(admission(request, known));
  const message = `the sidecar injector does not know namespace ${request.namespace} yet: try again`;
  return { verdict: { kind: "denied", code: 503, message }, result: "unknown-namespace", reason: "" };
}

function isNewPod({ resource, subResource, operation }: ReviewRequest): boolean {
  const isPod = resource.group === "" && resource.version === "v1" && resource.resource === "pods";
  return isPod && !subResource && operation === "CREATE";
}

function admission({ object }: ReviewRequest, { namespace, settings }: KnownNamespace): Admission {
  return admitPod({ object, namespace, settings });
}

function reviewed(result: Admission): Reviewed {
  switch (result.kind) {
    case "injected":
      return { verdict: result.patch.length > 0 ? { kind: "patched", patch: result.patch } : { kind: "allowed" }, result: "injected", reason: "" };
    case "skipped":
      return { verdict: { kind: "allowed" }, result: "skipped", reason: result.reason };
    case "refused":
      return { verdict: { kind: "denied", code: 403, message: result.message }, result: "refused", reason: result.message };
  }
}
