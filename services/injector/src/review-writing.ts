import { judgeWriting, type Judgement } from "@osm/admission";
import { asksThrough } from "@osm/inject";
import type { ReviewRequest } from "./admission-review.ts";
import type { KnownNamespace, MeshLookup } from "./mesh-lookup.ts";
import type { Reviewed } from "./review-pod.ts";

/** Decides whether a policy may be written. Of a namespace that is not known nothing is said: its policies have no effect here. */
export function reviewWriting({ operation, namespace, object, oldObject }: ReviewRequest, lookup: MeshLookup): Reviewed {
  const known = lookup(namespace);
  if (known === undefined || isOthers(known) || (operation !== "CREATE" && operation !== "UPDATE")) return { verdict: { kind: "allowed" }, result: "written", reason: "" };
  const { mesh, meshNamespace } = known.settings;
  return reviewed(judgeWriting({ object, old: operation === "UPDATE" ? oldObject : undefined }, { mesh, osmNamespace: meshNamespace }));
}

/** Where a namespace names no mesh and means another one, that one's injector is asked too. */
function isOthers({ namespace, settings, alias }: KnownNamespace): boolean {
  return alias === "other" && asksThrough("alias", namespace.labels, settings.mesh);
}

function reviewed({ faults, warnings }: Judgement): Reviewed {
  if (faults.length === 0) return { verdict: { kind: "allowed", warnings }, result: "written", reason: "" };
  const message = faults.join("; ");
  return { verdict: { kind: "denied", code: 403, message }, result: "not-written", reason: message };
}
