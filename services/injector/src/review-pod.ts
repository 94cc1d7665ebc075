import { admitPod, asksThrough, type Admission, type WebhookEntry } from "@osm/inject";
import type { ReviewRequest, Verdict } from "./admission-review.ts";
import type { KnownNamespace, MeshLookup } from "./mesh-lookup.ts";

export interface Reviewed {
  readonly verdict: Verdict;
  /** Counted, and logged with the reason. */
  readonly result: "injected" | "skipped" | "refused" | "unknown-namespace" | "labels-not-seen" | "not-a-new-pod" | "written" | "not-written";
  readonly reason: string;
}

/** `any`: whoever set the webhook up chose the namespaces. */
export type AskedThrough = WebhookEntry | "any";

/**
 * Decides over one request. Where the API server knows more of the namespace than is known here, the pod is denied for now: it is
 * made again in a moment, whereas a pod let through would stay outside the mesh for good.
 */
export function reviewPod(request: ReviewRequest, lookup: MeshLookup, through: AskedThrough = "any"): Reviewed {
  if (!isNewPod(request)) return { verdict: { kind: "allowed" }, result: "not-a-new-pod", reason: "" };
  const { namespace } = request;
  const known = lookup(namespace);
  if (known === undefined) return notYet("unknown-namespace", `the sidecar injector does not know namespace ${namespace} yet: try again`);
  if (isBehind(known, through)) return notYet("labels-not-seen", `the sidecar injector has not seen the labels of namespace ${namespace} yet: try again`);
  return reviewed(admission(request, known));
}

/** True for what may be answered otherwise as soon as more is known. */
export function mayChange({ result }: Reviewed): boolean {
  return result === "unknown-namespace" || result === "labels-not-seen";
}

function notYet(result: Reviewed["result"], message: string): Reviewed {
  return { verdict: { kind: "denied", code: 503, message }, result, reason: "" };
}

function isBehind({ namespace, settings }: KnownNamespace, through: AskedThrough): boolean {
  return through !== "any" && !asksThrough(through, namespace.labels, settings.mesh);
}

function isNewPod({ resource, subResource, operation }: ReviewRequest): boolean {
  const isPod = resource.group === "" && resource.version === "v1" && resource.resource === "pods";
  return isPod && !subResource && operation === "CREATE";
}

function admission({ object }: ReviewRequest, known: KnownNamespace): Admission {
  return admitPod({ object, ...known });
}

function reviewed(result: Admission): Reviewed {
  switch (result.kind) {
    case "injected": {
      const { patch, warnings } = result;
      return { verdict: patch.length > 0 ? { kind: "patched", patch, warnings } : { kind: "allowed", warnings }, result: "injected", reason: "" };
    }
    case "skipped":
      return { verdict: { kind: "allowed" }, result: "skipped", reason: result.reason };
    case "refused":
      return { verdict: { kind: "denied", code: 403, message: result.message }, result: "refused", reason: result.message };
  }
}
